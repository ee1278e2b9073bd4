import { CALL_INTERRUPTED } from "../context/fixed-text.ts";
import { draftMessage } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { OpenCall } from "./tool-group.ts";

/** The result of a call that will not get one any more. */
export function draftInterrupted({ id, name }: OpenCall): EntryDraft {
  return draftMessage({
    role: "toolResult",
    toolCallId: id,
    toolName: name,
    content: [{ type: "text", text: CALL_INTERRUPTED }],
    isError: true,
    timestamp: Date.now(),
  });
}
