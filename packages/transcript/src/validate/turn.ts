import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";

/** As much of a message as the rules of a conversation need, so that the rest of a long file need not be kept. */
export interface Turn {
  readonly role: "user" | "assistant" | "result";
  /** The ids of the calls, in order. */
  readonly calls: readonly string[];
  /** The ids of calls that a model is never shown: those of a failed turn, and one that was cut off. */
  readonly lost: readonly string[];
  /** Not shown to a model: it failed, or has no content. */
  readonly isHidden: boolean;
  /** The call that a result answers. */
  readonly callId: string;
  /** A call comes without its thought signature. */
  readonly lacksThought: boolean;
}

const NONE: readonly string[] = [];
const USER: Turn = {
  role: "user",
  calls: NONE,
  lost: NONE,
  isHidden: false,
  callId: "",
  lacksThought: false,
};
const ASSISTANT: Turn = { ...USER, role: "assistant" };
const HIDDEN: Turn = { ...ASSISTANT, isHidden: true };

/** The user's turn; also what a summary or an extension's message counts as. */
export function userTurn(): Turn {
  return USER;
}

/** Undefined for what a model is not shown at all. */
export function turnOf(message: Fields): Turn | undefined {
  switch (message["role"]) {
    case "user":
    case "custom":
    case "hookMessage":
    case "branchSummary":
    case "compactionSummary":
      return USER;
    case "bashExecution":
      return message["excludeFromContext"] === true ? undefined : USER;
    case "toolResult": {
      const callId = message["toolCallId"];
      return { ...USER, role: "result", callId: typeof callId === "string" ? callId : "" };
    }
    case "assistant":
      return assistantTurn(message);
    default:
      return undefined;
  }
}

/** A turn that ended in an error or was aborted. */
export function isFailed({ stopReason }: Fields): boolean {
  return stopReason === "error" || stopReason === "aborted";
}

/** True when the length limit cut the last call off. */
export function isCutOff({ stopReason, content }: Fields): boolean {
  const last: unknown = Array.isArray(content) ? content.at(-1) : undefined;
  return stopReason === "length" && isFields(last) && last["type"] === "toolCall";
}

function assistantTurn(message: Fields): Turn {
  const { content } = message;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const calls = blocks.filter(isToolCall);
  if (calls.length === 0) {
    const isEmpty = blocks.length === 0 && (typeof content !== "string" || content === "");
    return isEmpty || isFailed(message) ? HIDDEN : ASSISTANT;
  }
  const ids = calls.map(({ id }) => (typeof id === "string" ? id : ""));
  if (isFailed(message)) return { ...HIDDEN, lost: ids };
  const lacksThought = calls[0]?.["thoughtSignature"] === undefined;
  if (!isCutOff(message)) return { ...ASSISTANT, calls: ids, lacksThought };
  return {
    ...ASSISTANT,
    calls: ids.slice(0, -1),
    lost: ids.slice(-1),
    isHidden: blocks.length === 1,
    lacksThought,
  };
}

function isToolCall(block: unknown): block is Fields {
  return isFields(block) && block["type"] === "toolCall";
}
