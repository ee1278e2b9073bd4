import type { AssistantMessage, ToolCall, ToolResultMessage } from "../message.ts";
import { CALL_INTERRUPTED } from "./fixed-text.ts";

/** What pi puts in the place of a result that it does not find. */
const PI_TEXT = "No result provided";

/** The result of a call that has none. Its time is the call's, so that the same branch always gives the same bytes. */
export function syntheticResult(call: ToolCall, turn: AssistantMessage): ToolResultMessage {
  return {
    role: "toolResult",
    toolCallId: call.id,
    toolName: call.name,
    content: [{ type: "text", text: CALL_INTERRUPTED }],
    isError: true,
    timestamp: turn.timestamp,
  };
}

/** True for a result that was made up, here or by pi. */
export function isSyntheticResult({ isError, content }: ToolResultMessage): boolean {
  const [block] = content;
  if (!isError || content.length !== 1 || block?.type !== "text") return false;
  return block.text === CALL_INTERRUPTED || block.text === PI_TEXT;
}
