import type { AssistantMessage, UserMessage } from "../message.ts";
import { GATEWAY_PROVIDER, isOfModel } from "./target-model.ts";
import type { TargetModel } from "./target-model.ts";

type UserBlock = Exclude<UserMessage["content"], string>[number];
type AssistantBlock = AssistantMessage["content"][number];

/** Makes one turn of several of the same role. A turn that it made grows in place, so that a long row costs no more. */
export class Merger {
  readonly #target: TargetModel | undefined;
  #userBlocks: UserBlock[] = [];
  #assistantBlocks: AssistantBlock[] = [];

  constructor(target: TargetModel | undefined) {
    this.#target = target;
  }

  users(first: UserMessage, second: UserMessage): UserMessage {
    if (first.content !== this.#userBlocks) this.#userBlocks = [...blocksOf(first.content)];
    for (const block of blocksOf(second.content)) this.#userBlocks.push(block);
    return first.content === this.#userBlocks ? first : { ...first, content: this.#userBlocks };
  }

  /** The first turn has no calls, or their results would stand between the two. Those of the second go to the end. */
  assistants(first: AssistantMessage, second: AssistantMessage): AssistantMessage {
    if (first.content !== this.#assistantBlocks) this.#assistantBlocks = [...first.content];
    for (const block of second.content) if (block.type !== "toolCall") this.#assistantBlocks.push(block);
    for (const block of second.content) if (block.type === "toolCall") this.#assistantBlocks.push(block);
    const base = speaker(first, second, this.#target);
    const withoutCalls = base.stopReason === "toolUse" ? "stop" : base.stopReason;
    const stopReason = this.#assistantBlocks.at(-1)?.type === "toolCall" ? "toolUse" : withoutCalls;
    return { ...base, content: this.#assistantBlocks, stopReason, timestamp: first.timestamp };
  }
}

/**
 * Whose turn the merged one is: that of the model it goes to, whose signatures it may hold; else that of the model that
 * wrote one of them, not of a gateway that wrote the other.
 */
function speaker(
  first: AssistantMessage,
  second: AssistantMessage,
  target: TargetModel | undefined,
): AssistantMessage {
  if (isOfModel(second, target)) return second;
  return isOfModel(first, target) || second.provider === GATEWAY_PROVIDER ? first : second;
}

function blocksOf(content: UserMessage["content"]): readonly UserBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
