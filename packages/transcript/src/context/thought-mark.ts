import type { AssistantMessage } from "../message.ts";
import type { TargetModel } from "./target-model.ts";

/** Google's own word for "this call was not made by the model it is sent to, do not check its signature". */
export const UNCHECKED_THOUGHT = "skip_thought_signature_validator";
const CHECKING_MODEL = /gemini-(?:[3-9]|[1-9]\d)/;

/** True for the models that refuse a call of the current turn without its thought signature. */
export function asksForThoughts(target: TargetModel | undefined): boolean {
  return target !== undefined && CHECKING_MODEL.test(target.model);
}

/** True when the first call of the turn lacks its signature. */
export function lacksThought({ content }: AssistantMessage): boolean {
  const call = content.find((block) => block.type === "toolCall");
  return call !== undefined && call.thoughtSignature === undefined;
}

/** The turn with its first call marked as not to be checked. */
export function withUncheckedThought(turn: AssistantMessage): AssistantMessage {
  const at = turn.content.findIndex((block) => block.type === "toolCall");
  const content = turn.content.map((block, index) =>
    index === at ? { ...block, thoughtSignature: UNCHECKED_THOUGHT } : block,
  );
  return { ...turn, content };
}
