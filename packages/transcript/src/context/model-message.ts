import type { AssistantMessage, ToolResultMessage, UserMessage } from "../message.ts";

/** The roles that every model provider knows. */
export type ModelMessage = UserMessage | AssistantMessage | ToolResultMessage;
