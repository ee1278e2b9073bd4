import { outlineOf, TranscriptError, validate, type SessionRecord } from "@session-lock/transcript";
import { inspectSessionLock, SessionLockError } from "session-lock";
import type { Sent } from "../protocol/sent.ts";
import type { Inspection } from "../protocol/session-inspect.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** Findings that are told one by one; the others are counted. */
const MAX_FINDINGS = 50;
const MAX_ROWS = 200;

/** Everything about one session that helps to tell why it does what it does. Reads only, and takes no lock. */
export async function inspect(record: SessionRecord, sessions: Sessions): Promise<Sent<Inspection>> {
  const { sessionKey, sessionId, sessionFile } = record;
  return {
    sessionKey,
    sessionId,
    lock: lockOf(sessionFile),
    queue: queueOf(sessions.peek(sessionKey)),
    doctor: await examine(sessionFile),
    tree: await treeOf(record, sessions),
  };
}

/** A path that nothing can lock is an answer too. */
function lockOf(sessionFile: string): Sent<Inspection["lock"]> {
  try {
    const { state, engine, holder, heldMs, sameProcess, waiting } = inspectSessionLock(sessionFile);
    const { pid, host, purpose } = holder ?? {};
    return { state, engine, pid, host, purpose, heldMs, sameProcess, waiting: waiting?.length };
  } catch (error) {
    if (!(error instanceof SessionLockError)) throw error;
    return { state: "unknown", problem: error.message, sameProcess: false };
  }
}

function queueOf(session: Session | undefined): Sent<Inspection["queue"]> {
  // The gateway that runs the session, when it is another one than this.
  const holder = session?.queue.holder();
  const { activeRunId, problem } = session ?? {};
  return { activeRunId, waiting: session?.queue.waiting.length ?? 0, holder, problem };
}

/** What `transcript doctor` would say about the file. A file that cannot be read is an answer too. */
async function examine(sessionFile: string): Promise<Sent<Inspection["doctor"]>> {
  try {
    const { ok, entries, findings, omitted } = await validate(sessionFile, { maxFindings: MAX_FINDINGS });
    const told = findings.map(({ code, severity, message, fix, entryId, line }) => {
      return { code, severity, message, fix, entryId, line };
    });
    return { ok, entries, findings: told, omitted };
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    if (error.code === "NOT_FOUND") return { ok: true, entries: 0, findings: [], omitted: 0 };
    return { ok: false, entries: 0, findings: [], omitted: 0, problem: error.message };
  }
}

async function treeOf(record: SessionRecord, sessions: Sessions): Promise<Sent<Inspection["tree"]>> {
  try {
    return await sessions.find(record.sessionKey, async ({ transcript }) => {
      const [entries, branch] = [await transcript.entries(), await transcript.branch()];
      return {
        entries: entries.length,
        leafId: transcript.leafId,
        ...outlineOf(entries, branch, { maxRows: MAX_ROWS }),
      };
    });
  } catch (error) {
    // The file cannot be opened; why stands among the findings.
    if (error instanceof TranscriptError) return undefined;
    throw error;
  }
}
