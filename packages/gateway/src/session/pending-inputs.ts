import type { SessionEntry, UserMessage } from "@session-lock/transcript";
import { cutContent } from "./history.ts";
import { withoutImageData } from "./image-summary.ts";
import { readInputs, type InputRecord } from "./inputs.ts";
import { mostJsonBytes } from "./json-size.ts";
import type { PendingInputs } from "../protocol/chat-history.ts";
import { MAX_HISTORY_BYTES } from "../protocol/limits.ts";
import { wordsOf } from "../run/words.ts";

/** What the published schema allows on a page. */
const MAX_PAGE_ROWS = 20;
/** What a unit of a text that was taken in is at most, written out: it has no control characters. */
const BYTES_PER_UNIT = 3;

/**
 * The acknowledged inputs that are not on the branch yet, whichever gateway accepted them. All of them: where they are
 * too much for an answer, long texts are cut.
 */
export function readPending(entries: readonly SessionEntry[]): PendingInputs {
  const waiting = waitingIn(entries);
  return shown(waiting, waiting.length);
}

/**
 * As `readPending`, a page of them: those that came last, or that came last before the place `before`. Places count what
 * was ever accepted, so they stay while inputs come and go.
 */
export function readPendingPage(entries: readonly SessionEntry[], before = Infinity): PendingInputs {
  const waiting = waitingIn(entries);
  const earlier = waiting.filter(({ place }) => place < before);
  const page = earlier.slice(-MAX_PAGE_ROWS);
  const [first] = page;
  const isFirst = first === undefined || page.length === earlier.length;
  return { ...shown(page, waiting.length), ...(isFirst ? {} : { nextBefore: first.place }) };
}

interface Waiting extends InputRecord {
  readonly place: number;
}

function waitingIn(entries: readonly SessionEntry[]): readonly Waiting[] {
  return readInputs(entries)
    .map((record, index) => ({ ...record, place: index + 1 }))
    .filter(({ heard, ended }) => !heard && !ended);
}

function shown(waiting: readonly Waiting[], total: number): PendingInputs {
  const messages = fitted(waiting.map(({ input }) => withoutImageData(wordsOf(input))));
  const items = waiting.map(({ entryId: id, input: { runId, acceptedAt } }, index) => {
    const state = "queued" as const;
    return { id, runId, message: messages[index] ?? {}, acceptedAt, state };
  });
  return { items, total };
}

function fitted(messages: readonly UserMessage[]): readonly object[] {
  if (mostJsonBytes(messages) <= MAX_HISTORY_BYTES) return messages;
  const maxChars = Math.floor(MAX_HISTORY_BYTES / BYTES_PER_UNIT / messages.length);
  return messages.map((message) => {
    const content = cutContent(message.content, maxChars);
    return content === message.content ? message : { ...message, content, __openclaw: { truncated: true } };
  });
}
