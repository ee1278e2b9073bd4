import type { AppendItem, SessionEntry, Transcript } from "@session-lock/transcript";
import type { LaneLease } from "../lane/lane-lease.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { joinedItem, outcomeItem, type Outcome } from "./outcome.ts";
import type { TerminalNews } from "./run-events.ts";
import { writeRows } from "./run-rows.ts";
import { terminalNews } from "./terminal-news.ts";
import { endedIn, wordRows, type EndedElsewhere, type Speaker } from "./words.ts";

/** Somebody whose words are on the branch, unless the disk has refused them so far. */
interface EndedSpeaker extends Pick<Speaker, "input"> {
  readonly isBegun: boolean;
}

/** A run whose outcome is to be written down. */
export interface Ended<S extends EndedSpeaker> {
  readonly runId: string;
  /** The run and those who end with it. Asked under the write lock: until then some may go. */
  readonly company: () => readonly [S, ...S[]];
  /** The rows of tool calls that were open at its end. */
  readonly open: readonly AppendItem[];
  readonly model: AgentRunner["model"];
  readonly lease: LaneLease;
}

/**
 * Writes an outcome down in one append, also for the runs that joined, and before it the words that are not on the branch
 * yet. Returns what is to be told, and which of these another gateway has ended otherwise.
 */
export async function recordOutcome<S extends EndedSpeaker>(
  transcript: Transcript,
  outcome: Outcome,
  { runId, company, open, model, lease }: Ended<S>,
): Promise<{ readonly news: TerminalNews; readonly others: EndedElsewhere<S> }> {
  let others: EndedElsewhere<S> = new Map();
  const rows = (entries: readonly SessionEntry[]): AppendItem[] => {
    const [run, ...joined] = company();
    others = endedIn(joined, entries);
    const ours = joined.filter((other) => !others.has(other));
    // An end without them would take an acknowledged message out of the queue and put it nowhere.
    const words = wordRows([run, ...ours].filter(({ isBegun }) => !isBegun));
    const items = ours.map(({ input }) => joinedItem(input.runId, runId, outcome));
    return [...words, ...open, ...items, outcomeItem(runId, outcome, model)];
  };
  const written = await writeRows(transcript, {
    rows,
    purpose: `run ${outcome.kind}`,
    lease,
    closesToolCalls: true,
  });
  const entry = written.at(-1)?.entry;
  const news = terminalNews(outcome, entry?.type === "message" ? entry.message : undefined);
  return { news, others };
}
