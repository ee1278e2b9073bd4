import { randomUUID } from "node:crypto";
import path from "node:path";
import { withSessionWriteLock } from "session-lock";
import { assertDurability } from "./append/durability.ts";
import type { Durability } from "./append/durability.ts";
import { TranscriptError } from "./errors.ts";
import { encodeHeader, newHeader } from "./file/header.ts";
import { assertBound } from "./store/session-binding.ts";
import type { SessionBinding } from "./store/session-binding.ts";
import { ensureFolder } from "./file/ensure-folder.ts";
import { publishFile } from "./file/whole-file.ts";
import { assertSessionId } from "./store/session-key.ts";
import { SessionLog } from "./file/session-log.ts";
import { spillBeside, spillPathOf } from "./spill/spill-file.ts";
import type { Spill, SpillPlace } from "./spill/spill-file.ts";
import { Transcript } from "./transcript.ts";

/** What a session that does not exist yet starts with. */
export interface CreateSession {
  /** Default: a new uuid, or `expectedSessionId`. */
  readonly sessionId?: string;
  /** Default: the working folder of the process. */
  readonly cwd?: string;
  /** The file this session was forked from. */
  readonly parentSession?: string;
}

export interface OpenTranscriptOptions {
  /** How to make a session that is missing; `false` fails with `NOT_FOUND` instead. Default: `{}`. */
  readonly create?: CreateSession | false;
  /** How durable an append is when it resolves. Default: `"fdatasync"`. */
  readonly durability?: Durability;
  /** The session the file must hold: another one fails with `SESSION_MISMATCH`. */
  readonly expectedSessionId?: string;
  /** How long an append waits for the lock, in milliseconds. Default: that of `session-lock`. */
  readonly lockTimeoutMs?: number;
  /**
   * The session key that is written for; open the file by the `sessionFile` of its record. Once the key was deleted or
   * stands for another session, an append fails with `UNBOUND` and has written nothing. Default: no key is asked for.
   */
  readonly boundTo?: SessionBinding;
  /**
   * Where appends wait that the session's disk refuses (it is full, read-only, or fails), until it takes them again: `true`
   * for `<file>.spill`, or a folder, best on another disk. Such an append resolves with the placement `"spilled"`; one that
   * depends on the branch (`expectedLeaf`, `compact`) fails with `DEGRADED`. Give every transcript of a
   * session the same. With `"drain"` such an append fails with `IO`, and what others have spilled beside the file goes
   * before the next one. Default: `<file>.spill` if that is there, as somebody's appends wait in it; else none, and such
   * an append fails with `IO`.
   */
  readonly spill?: SpillPlace | "drain";
}

/**
 * Opens a session file, reading its header and its last entry only, whatever its size.
 *
 * A missing (or empty) file is made, with mode 0600 in a folder of mode 0700, under the lock: of several who open it at
 * once one makes it. Anything that is not a session is refused with `NOT_A_SESSION` and left as it is.
 */
export async function openTranscript(
  sessionFile: string,
  options: OpenTranscriptOptions = {},
): Promise<Transcript> {
  const { create = {}, durability = "fdatasync", expectedSessionId, lockTimeoutMs, boundTo, spill } = options;
  assertDurability(durability);
  const file = path.resolve(sessionFile);
  const log = SessionLog.open(file) ?? (await createSession(file, create, options));
  if (expectedSessionId !== undefined && log.header.id !== expectedSessionId) {
    throw new TranscriptError(
      "SESSION_MISMATCH",
      `${file} holds session ${log.header.id}, not ${expectedSessionId}`,
      {
        sessionFile: file,
      },
    );
  }
  return new Transcript(log, { durability, lockTimeoutMs, boundTo, spill: spillOf(file, spill) });
}

function spillOf(file: string, place: OpenTranscriptOptions["spill"]): Spill | undefined {
  if (place === "drain") return { file: spillPathOf(file, true), takesAppends: false };
  const spillFile = place === undefined ? spillBeside(file) : spillPathOf(file, place);
  return spillFile === undefined ? undefined : { file: spillFile, takesAppends: true };
}

async function createSession(
  file: string,
  create: CreateSession | false,
  { expectedSessionId, lockTimeoutMs, boundTo }: OpenTranscriptOptions,
): Promise<SessionLog> {
  if (create === false)
    throw new TranscriptError("NOT_FOUND", `there is no session ${file}`, { sessionFile: file });
  const { sessionId = expectedSessionId ?? randomUUID(), cwd = process.cwd(), parentSession } = create;
  const header = newHeader({ sessionId: assertSessionId(sessionId), cwd, parentSession });
  ensureFolder(path.dirname(file));
  return withSessionWriteLock(
    file,
    (lock) => {
      if (boundTo) assertBound(boundTo, { sessionFile: file, sessionId: header.id });
      lock.assertHeld();
      publishFile(file, [encodeHeader(header)]);
      const log = SessionLog.open(file);
      if (log === undefined)
        throw new TranscriptError("IO", `${file} went away as it was made`, { sessionFile: file });
      return log;
    },
    { purpose: "create session", ...(lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs }) },
  );
}
