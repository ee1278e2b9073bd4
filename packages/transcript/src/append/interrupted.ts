import { CALL_INTERRUPTED } from "../context/fixed-text.ts";
import { draftPlain } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { ToolResultMessage } from "../message.ts";
import type { OpenCall } from "./tool-group.ts";

/** The result of a call that will not get one any more. */
export function draftInterrupted({ id, name }: OpenCall): EntryDraft {
  const message: ToolResultMessage = {
    role: "toolResult",
    toolCallId: id,
    toolName: name,
    content: [{ type: "text", text: CALL_INTERRUPTED }],
    isError: true,
    timestamp: Date.now(),
  };
  // A call that some other program wrote may have no id, and is answered all the same.
  return draftPlain("message", { message });
}
