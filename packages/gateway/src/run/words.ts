import type { AppendItem, SessionEntry, Transcript, UserMessage } from "@session-lock/transcript";
import type { TerminalNews } from "./run-events.ts";
import { writeRows, type RowWrite } from "./run-rows.ts";
import { retrying } from "./retrying.ts";
import { readNews } from "./stored-outcome.ts";
import type { LaneLease } from "../lane/lane-lease.ts";
import { runKeys, type AcceptedInput } from "../session/inputs.ts";
import { userMessage } from "../session/messages.ts";

/** A run whose words are put on the branch. */
export interface Speaker {
  readonly input: AcceptedInput;
  /** Called when its words are on the branch. `before`: they were there already, somebody has begun it and may have told of it. */
  heard(before: boolean): void;
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

/** How runs ended that another gateway has ended. */
export type EndedElsewhere<S> = ReadonlyMap<S, TerminalNews>;

/** Those of the runs that have an end in these entries. */
export function endedIn<S extends Pick<Speaker, "input">>(
  runs: readonly S[],
  entries: readonly SessionEntry[],
): EndedElsewhere<S> {
  return new Map(
    runs.flatMap((run) => {
      const news = readNews(entries, run.input.runId);
      return news === undefined ? [] : [[run, news]];
    }),
  );
}

/** Puts the words of these runs on the branch, each once, but for those that another gateway has ended, which it returns. */
export function putWords<S extends Speaker>(
  runs: readonly S[],
  place: WordPlace,
): Promise<EndedElsewhere<S>> {
  return write(runs, place, (ended) => runs.filter((run) => !ended.has(run)));
}

/**
 * The same for runs that begin: nothing is written when the first of them has ended. A disk that refuses it is tried
 * again for a while, until the signal aborts.
 */
export function beginWith<S extends Speaker>(
  runs: readonly [S, ...S[]],
  place: WordPlace,
  signal: AbortSignal,
): Promise<EndedElsewhere<S>> {
  const speaking = (ended: EndedElsewhere<S>): readonly S[] =>
    ended.has(runs[0]) ? [] : runs.filter((run) => !ended.has(run));
  // A killed process may have left tool calls, whatever program it was.
  const begin = () => write(runs, place, speaking, { closesToolCalls: true });
  return retrying(begin, { mayGoOn: () => place.lease.held && !signal.aborted });
}

/** The rows of what these runs' users said. */
export function wordRows(runs: readonly Pick<Speaker, "input">[]): AppendItem[] {
  return runs.map(({ input }) => ({ message: wordsOf(input), idempotencyKey: runKeys.user(input.runId) }));
}

async function write<S extends Speaker>(
  runs: readonly S[],
  { transcript, lease }: WordPlace,
  speaking: (ended: EndedElsewhere<S>) => readonly S[],
  options: Pick<RowWrite, "closesToolCalls"> = {},
): Promise<EndedElsewhere<S>> {
  let ended: EndedElsewhere<S> = new Map();
  let speakers: readonly S[] = [];
  const rows = (entries: readonly SessionEntry[]): AppendItem[] => {
    ended = endedIn(runs, entries);
    speakers = speaking(ended);
    return wordRows(speakers);
  };
  const written = await writeRows(transcript, { ...options, rows, purpose: "run input", lease });
  for (const [index, { repeated }] of written.entries()) speakers[index]?.heard(repeated);
  return ended;
}
