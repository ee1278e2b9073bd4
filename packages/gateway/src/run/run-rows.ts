import type { Appended, AppendItem, SessionEntry, Transcript } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { readProgress, type AcceptedInput } from "../session/inputs.ts";
import type { LaneLease } from "../lane/lane-lease.ts";
import type { AbortOrigin } from "../session/messages.ts";
import { unbegunItems } from "./outcome.ts";
import type { TerminalNews } from "./run-events.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { readNews } from "./stored-outcome.ts";

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

/**
 * Stops a run that nobody has begun, and returns how it ended: as somebody else has ended it by now, or like this.
 * Undefined, with nothing written, when it was begun. Needs no lease: it looks.
 */
export async function endUnbegun(
  transcript: Transcript,
  input: AcceptedInput,
  { origin, model }: { readonly origin: AbortOrigin; readonly model: AgentRunner["model"] },
): Promise<TerminalNews | undefined> {
  let news: TerminalNews | undefined;
  const written = await writeRows(transcript, {
    rows: (entries) => {
      news = readNews(entries, input.runId);
      const isOpen = news === undefined && !readProgress(entries, input.runId).heard;
      return isOpen ? unbegunItems(input, origin, model) : [];
    },
    purpose: "run aborted",
    closesToolCalls: true, // behind calls that are open its words would not be on the branch
  });
  const entry = written.at(-1)?.entry;
  if (entry?.type !== "message") return news;
  return { state: "aborted", stopReason: origin, message: entry.message };
}
