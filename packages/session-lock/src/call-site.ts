import { isDebugging } from "./environment.ts";
import { processWide } from "./process-wide.ts";

/** Undefined until the environment was asked. */
const recording = processWide("call-sites", (): { isOn: boolean | undefined } => ({ isOn: undefined }));

const mostFrames = 3;
const ownFrame = /\b(?:with|acquire)SessionWriteLock\b/;

/** The first frames of the stack above `caller`, less the first "at", when call sites are recorded at all. */
export function callSite(caller: (...args: never[]) => unknown): string | undefined {
  recording.isOn ??= isDebugging();
  if (!recording.isOn) return undefined;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, caller);
  const frames = (holder.stack ?? "").split("\n").slice(1);
  const outside = frames.filter((frame) => !ownFrame.test(frame));
  return outside.length === 0
    ? undefined
    : outside
        .slice(0, mostFrames)
        .map((frame) => frame.trim())
        .join(" ")
        .replace(/^at /, "");
}

/** From now on this process records call sites. */
export function recordCallSites(): void {
  recording.isOn = true;
}
