import { TranscriptError } from "../errors.ts";
import { openTranscript } from "../open-transcript.ts";
import type { OpenTranscriptOptions } from "../open-transcript.ts";
import type { SessionRecord } from "../store/session-record.ts";
import type { Transcript } from "../transcript.ts";

// A transcript knows the keys of its file only after it scanned it once. It holds no descriptor, so keeping some costs memory
// only. Shared by every copy of this package in the process.
const HOT = Symbol.for("@session-lock/transcript.hot");
const MAX_HOT = 32;

type HotOptions = Pick<OpenTranscriptOptions, "boundTo" | "spill">;

/**
 * Uses the transcript that a key is bound to, which this process keeps at hand, or opens it. The ones used least recently
 * go first.
 *
 * `use` is called a second time, with a new one, when the file was deleted or replaced since the last use.
 */
export async function withHotTranscript<T>(
  { sessionFile, sessionId }: SessionRecord,
  options: HotOptions,
  use: (transcript: Transcript) => Promise<T>,
): Promise<T> {
  const hot = hotTranscripts();
  const name = JSON.stringify([sessionId, sessionFile, options]);
  const known = hot.get(name);
  if (known !== undefined) {
    keep(hot, name, known);
    try {
      return await use(known);
    } catch (error) {
      if (!isOutdated(error)) throw error;
      hot.delete(name);
    }
  }
  const opened = await openTranscript(sessionFile, { expectedSessionId: sessionId, ...options });
  keep(hot, name, opened);
  return use(opened);
}

/** Nothing was written then: the file is gone, or is another session's. */
function isOutdated(error: unknown): boolean {
  return (
    error instanceof TranscriptError && (error.code === "NOT_FOUND" || error.code === "SESSION_MISMATCH")
  );
}

function keep(hot: Map<string, Transcript>, name: string, transcript: Transcript): void {
  hot.delete(name);
  hot.set(name, transcript);
  for (const oldest of [...hot.keys()].slice(0, Math.max(0, hot.size - MAX_HOT))) hot.delete(oldest);
}

function hotTranscripts(): Map<string, Transcript> {
  const shared: unknown = Reflect.get(globalThis, HOT);
  if (isHot(shared)) return shared;
  const created = new Map<string, Transcript>();
  Reflect.set(globalThis, HOT, created);
  return created;
}

/** Only copies of this package know the symbol, and they put nothing else there. */
function isHot(value: unknown): value is Map<string, Transcript> {
  return value instanceof Map;
}
