import { statSync } from "node:fs";
import { onSessionTranscriptUpdate } from "@session-lock/transcript";
import type { Logger } from "pino";
import type { Hub } from "../connection/hub.ts";
import { MessageNews } from "./session-messages.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** How often it is looked whether another process has written to an open session, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Tells clients of every open session whose transcript changes: at once through this process, with a look at its file
 * through another one. Returns the way to stop it.
 */
export function tellOfChanges(sessions: Pick<Sessions, "live">, hub: Hub, log: Logger): () => void {
  const news = new MessageNews(hub);
  const sizes = new WeakMap<Session, number>();
  const tell = ({ sessionKey, transcript }: Session, ts: number): void =>
    hub.sessionChanged({ sessionKey, sessionId: transcript.sessionId, reason: "message", ts });
  const timer = setInterval(() => {
    if (!hub.hasSessionFollowers) return;
    for (const session of sessions.live()) {
      const file = fileOf(session);
      if (file === undefined) continue;
      // One that is seen for the first time may have changed since its client read it.
      if (file.size !== sizes.get(session)) tell(session, file.changedAt);
      sizes.set(session, file.size);
    }
  }, LOOK_MS).unref();
  const unfollow = onSessionTranscriptUpdate(({ sessionFile, entries }) => {
    const session = sessions.live().find(({ transcript }) => transcript.sessionFile === sessionFile);
    if (session === undefined) return;
    const file = hub.hasSessionFollowers ? fileOf(session) : undefined;
    if (file !== undefined) sizes.set(session, file.size);
    tell(session, Date.now());
    if (!hub.hasFollowers(session.sessionKey)) return;
    news
      .tell(session, entries)
      .catch((error: unknown) => log.warn({ err: error }, "telling of messages failed"));
  });
  return () => {
    clearInterval(timer);
    unfollow();
  };
}

interface FileState {
  readonly size: number;
  readonly changedAt: number;
}

/** Undefined where the system does not let anybody look: thrown from a timer, that would end the gateway. */
function fileOf({ transcript }: Session): FileState | undefined {
  try {
    const { size = 0, mtimeMs = 0 } = statSync(transcript.sessionFile, { throwIfNoEntry: false }) ?? {};
    return { size, changedAt: Math.floor(mtimeMs) };
  } catch {
    return undefined; // whoever reads or writes the session meets the same, and is told
  }
}

/** Tells clients that the session has a problem, if it has one. That it is over, they are told with the next entry. */
export function tellOfProblem(
  { problem, sessionKey, transcript }: Pick<Session, "problem" | "sessionKey" | "transcript">,
  hub: Hub,
): void {
  if (problem === undefined) return;
  hub.sessionChanged({ sessionKey, sessionId: transcript.sessionId, reason: "problem", ts: Date.now() });
}
