import type { AppendItem, Transcript, UserMessage } from "@session-lock/transcript";
import type { TerminalNews } from "./run-events.ts";
import { writeRows, type RowWrite } from "./run-rows.ts";
import { readNews } from "./stored-outcome.ts";
import type { LaneLease } from "../lane/lane-lease.ts";
import { runKeys, type AcceptedInput } from "../session/inputs.ts";
import { userMessage } from "../session/messages.ts";

/** A run whose words are put on the branch. */
export interface Speaker {
  readonly input: AcceptedInput;
  /** Called when its words were there before: somebody has begun it, and may have told of it. */
  resumed(): void;
}

/** Where the words go. */
export interface WordPlace {
  readonly transcript: Transcript;
  readonly lease: LaneLease;
}

/** What the user said, as the branch has it. */
export function wordsOf({ message, acceptedAt, images }: AcceptedInput): UserMessage {
  return userMessage(message, acceptedAt, images);
}

/** Puts the words of these runs on the branch, each once. */
export async function putWords(runs: readonly Speaker[], place: WordPlace): Promise<void> {
  await write(runs, place, { rows: wordRows(runs) });
}

/** The same for runs that begin, unless another gateway has ended the first of them: then returns how. */
export async function beginWith(
  runs: readonly [Speaker, ...Speaker[]],
  place: WordPlace,
): Promise<TerminalNews | undefined> {
  let news: TerminalNews | undefined;
  await write(runs, place, {
    rows: (entries) => {
      news = readNews(entries, runs[0].input.runId);
      return news === undefined ? wordRows(runs) : [];
    },
    closesToolCalls: true, // a killed process may have left some, whatever program it was
  });
  return news;
}

/** The rows of what these runs' users said. */
export function wordRows(runs: readonly Pick<Speaker, "input">[]): AppendItem[] {
  return runs.map(({ input }) => ({ message: wordsOf(input), idempotencyKey: runKeys.user(input.runId) }));
}

async function write(
  runs: readonly Speaker[],
  { transcript, lease }: WordPlace,
  rows: Pick<RowWrite, "rows" | "closesToolCalls">,
): Promise<void> {
  const written = await writeRows(transcript, { ...rows, purpose: "run input", lease });
  for (const [index, { repeated }] of written.entries()) if (repeated) runs[index]?.resumed();
}
