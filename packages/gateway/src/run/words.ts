import type { AppendItem, UserMessage } from "@session-lock/transcript";
import { runKeys, type AcceptedInput } from "../session/inputs.ts";
import { userMessage } from "../session/messages.ts";

/** What the user said, as the branch has it. */
export function wordsOf({ message, acceptedAt, images }: AcceptedInput): UserMessage {
  return userMessage(message, acceptedAt, images);
}

/** The rows that put the words of these runs on the branch, each once. */
export function wordRows(runs: readonly { readonly input: AcceptedInput }[]): AppendItem[] {
  return runs.map(({ input }) => ({ message: wordsOf(input), idempotencyKey: runKeys.user(input.runId) }));
}
