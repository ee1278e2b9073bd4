import type { Appended, AppendItem, SessionEntry, Transcript } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { readProgress } from "../session/inputs.ts";
import type { LaneLease } from "../lane/lane-lease.ts";

/** What of a run is to be written. */
export interface RowWrite {
  /** The rows, or what they are in view of the entries there are; none, and nothing is written. */
  readonly rows: readonly AppendItem[] | ((entries: readonly SessionEntry[]) => readonly AppendItem[]);
  /** Shown to those who wait for the write lock meanwhile. */
  readonly purpose: string;
  /** The right to run the session. Left out for rows that any gateway may write, as it looks before. */
  readonly lease?: LaneLease;
  /** Whether tool calls that nobody will answer any more are answered first. Default: false. */
  readonly closesToolCalls?: boolean;
}

/**
 * Writes rows of a run, in one append. The lane is looked at under the write lock: a gateway that lost its lane before has
 * to find that out here, and one that loses it after this look holds the write lock, which the taker waits for or breaks.
 */
export async function writeRows(transcript: Transcript, write: RowWrite): Promise<readonly Appended[]> {
  const { rows, purpose, lease, closesToolCalls = false } = write;
  return withSessionWriteLock(
    transcript.sessionFile,
    async (lock) => {
      lease?.assertHeld();
      const due = typeof rows === "function" ? rows(await transcript.entries()) : rows;
      if (due.length === 0) return [];
      if (closesToolCalls) await transcript.closeToolCalls({ within: lock, purpose });
      return transcript.appendMany(due, { within: lock, purpose });
    },
    { purpose },
  );
}

/** Ends a run that nobody has begun; false, with nothing written, when somebody has by now. Needs no lease: it looks. */
export async function endUnbegun(transcript: Transcript, runId: string, item: AppendItem): Promise<boolean> {
  let isBegun = false;
  await writeRows(transcript, {
    rows: (entries) => {
      isBegun = readProgress(entries, runId).heard;
      return isBegun ? [] : [item];
    },
    purpose: "run aborted",
  });
  return !isBegun;
}
