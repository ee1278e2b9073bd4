import type { AppendItem, SessionEntry, Transcript } from "@session-lock/transcript";
import type { LaneLease } from "../lane/lane-lease.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { joinedItem, outcomeItem, type Outcome } from "./outcome.ts";
import type { TerminalNews } from "./run-events.ts";
import { writeRows } from "./run-rows.ts";
import { terminalNews } from "./terminal-news.ts";
import { endedIn, type EndedElsewhere, type Speaker } from "./words.ts";

/** A run whose outcome is to be written down. */
export interface Ended<S extends Pick<Speaker, "input">> {
  readonly runId: string;
  /** Who ends with it. Asked under the write lock: until then some may go. */
  readonly joined: () => readonly S[];
  /** The rows of tool calls that were open at its end. */
  readonly open: readonly AppendItem[];
  readonly model: AgentRunner["model"];
  readonly lease: LaneLease;
}

/**
 * Writes an outcome down in one append, also for the runs that joined. Returns what is to be told, and which of these
 * another gateway has ended otherwise.
 */
export async function recordOutcome<S extends Pick<Speaker, "input">>(
  transcript: Transcript,
  outcome: Outcome,
  { runId, joined, open, model, lease }: Ended<S>,
): Promise<{ readonly news: TerminalNews; readonly others: EndedElsewhere<S> }> {
  let others: EndedElsewhere<S> = new Map();
  const rows = (entries: readonly SessionEntry[]): AppendItem[] => {
    const runs = joined();
    others = endedIn(runs, entries);
    const items = runs
      .filter((run) => !others.has(run))
      .map(({ input }) => joinedItem(input.runId, runId, outcome));
    return [...open, ...items, outcomeItem(runId, outcome, model)];
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
