import { createHash } from "node:crypto";
import type { AgentToolCall, AgentToolResult } from "./runner.ts";

/** The tool that the echo runner calls: it counts the letters and digits of a word. */
export const COUNT_LETTERS = "count_letters";

/** The call for one word; the same run and place give the same id. */
export function countLettersCall(runId: string, place: number, word: string): AgentToolCall {
  const run = createHash("sha256").update(runId).digest("hex").slice(0, 16);
  return { id: `call_${run}_${place}`, name: COUNT_LETTERS, arguments: { word } };
}

export function countLetters({ id, arguments: { word } }: AgentToolCall): AgentToolResult {
  if (typeof word !== "string") return { toolCallId: id, text: "word must be a string", isError: true };
  return { toolCallId: id, text: String(word.match(/[\p{L}\p{N}]/gu)?.length ?? 0), isError: false };
}
