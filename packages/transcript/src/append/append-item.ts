import { draftCustom, draftMessage } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { AgentMessage } from "../message.ts";

/** One entry of `appendMany`. */
export type AppendItem =
  | { readonly message: AgentMessage; readonly idempotencyKey?: string }
  | { readonly customType: string; readonly data?: unknown; readonly idempotencyKey?: string };

/** Throws as `draftMessage` and `draftCustom`. */
export function draftItem(item: AppendItem): EntryDraft {
  return "message" in item
    ? draftMessage(item.message, item.idempotencyKey)
    : draftCustom(item.customType, item.data, item.idempotencyKey);
}
