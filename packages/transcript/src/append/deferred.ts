import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { DEFERRED, draftOwn, draftStored, LATE_RESULT } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";

/** What a deferred entry says. */
export interface Deferred {
  /** The id of the `custom` entry. */
  readonly id: string;
  /** The id that the message has on the branch once it is there. */
  readonly messageId: string;
  /** When it was deferred. */
  readonly timestamp: string;
  /** The entry that it becomes, without its place. */
  readonly content: Fields;
}

/** The entry's own fields, without its place in the tree. */
export function contentOf(entry: SessionEntry): Fields {
  return Object.fromEntries(
    Object.entries(entry).filter(([name]) => name !== "id" && name !== "parentId" && name !== "timestamp"),
  );
}

export function draftDeferred(content: Fields, messageId: string, idempotencyKey?: string): EntryDraft {
  return draftOwn(DEFERRED, { messageId, entry: content }, idempotencyKey);
}

export function draftLateResult(content: Fields, idempotencyKey?: string): EntryDraft {
  return draftOwn(LATE_RESULT, { entry: content }, idempotencyKey);
}

/** The message of a deferred entry, in its place. It names the entry that kept it. */
export function draftOfDeferred({ id, content }: Deferred): EntryDraft {
  return draftOfContent({ ...content, deferredFrom: id }, keyIn(content));
}

/** An entry that was kept without its place. */
export function draftOfContent({ type, ...fields }: Fields, idempotencyKey: string | undefined): EntryDraft {
  return draftStored(String(type), fields, idempotencyKey);
}

/** Undefined for every other entry. */
export function readDeferred(entry: SessionEntry): Deferred | undefined {
  if (entry.type !== "custom" || entry.customType !== DEFERRED || !isFields(entry.data)) return undefined;
  const { messageId, entry: content } = entry.data;
  if (typeof messageId !== "string" || !isFields(content) || typeof content["type"] !== "string")
    return undefined;
  return { id: entry.id, messageId, timestamp: entry.timestamp, content };
}

/** The ids of these entries, and of the messages that wait in them to be put on the branch. */
export function messageIdsOf(entries: readonly SessionEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => [entry.id, readDeferred(entry)?.messageId ?? entry.id]));
}

/** The deferred entry whose message this is, or undefined. */
export function deferredFromOf(entry: SessionEntry): string | undefined {
  return "deferredFrom" in entry && typeof entry.deferredFrom === "string" ? entry.deferredFrom : undefined;
}

function keyIn({ message }: Fields): string | undefined {
  const key = isFields(message) ? message["idempotencyKey"] : undefined;
  return typeof key === "string" ? key : undefined;
}
