import { isDebugging } from "./environment.ts";
import { processState } from "./process-state.ts";

const mostFrames = 3;

/** The first frames of the stack above `caller`, when call sites are recorded at all. */
export function callSite(caller: (...args: never[]) => unknown): string | undefined {
  processState.debugging ??= isDebugging();
  if (!processState.debugging) return undefined;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, caller);
  const frames = (holder.stack ?? "").split("\n").slice(1);
  const outside = frames.filter((frame) => !frame.includes("withSessionWriteLock"));
  return outside.length === 0
    ? undefined
    : outside
        .slice(0, mostFrames)
        .map((frame) => frame.trim())
        .join(" ");
}
