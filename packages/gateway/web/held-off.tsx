import { useEffect, useState } from "react";

interface HeldOffProps {
  readonly reason: string;
  /** When the page tries again by itself, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** Says that the gateway lets nobody in from here for a while, and how long that still is. */
export function HeldOff({ reason, untilMs }: HeldOffProps) {
  const [nowMs, setNowMs] = useState(Date.now);

  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);

  const seconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1_000));
  return (
    <div className="notice">
      <p role="alert">
        The gateway lets nobody in from here for now: {reason}. There is nothing to do but wait.
      </p>
      {/* Outside the alert, which would be read aloud each second. */}
      <p role="timer">
        The page tries again in {seconds} {seconds === 1 ? "second" : "seconds"}.
      </p>
    </div>
  );
}
