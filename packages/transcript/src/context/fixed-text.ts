import type { Fields } from "./fields.ts";

// These words go into the model's context, so they are part of the bytes that prompt caches are keyed by: changing one
// makes every session that holds it pay for its whole prefix again.

export const EMPTY_MESSAGE = "(empty message)";
export const NO_OUTPUT = "(no output)";
export const CALL_INTERRUPTED = "tool call interrupted; no result recorded";
export const CONVERSATION_OPENED = "(the assistant opened the conversation)";
export const CONTINUE = "(continue)";
export const TURN_ENDED = "(the turn ended here)";
export const IMAGE_LEFT_OUT = "(an image that cannot be sent was left out)";

/** What a shell command that the person ran says to the model. */
export function commandText(bash: Fields): string {
  const output = typeof bash["output"] === "string" ? bash["output"] : "";
  return `The user ran: ${typeof bash["command"] === "string" ? bash["command"] : ""}\n\n${output}${exitText(bash)}`;
}

export function compactionText(summary: string): string {
  return `Summary of the conversation so far:\n\n${summary}`;
}

export function branchText(summary: string): string {
  return `Summary of a branch that was left:\n\n${summary}`;
}

function exitText({ cancelled, exitCode, truncated, fullOutputPath }: Fields): string {
  const notes = [
    cancelled === true ? "The command was cancelled." : undefined,
    typeof exitCode === "number" && exitCode !== 0 ? `The command exited with code ${exitCode}.` : undefined,
    truncated === true
      ? `The output is truncated${typeof fullOutputPath === "string" ? `; all of it is in ${fullOutputPath}` : ""}.`
      : undefined,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? "" : `\n\n${notes.join(" ")}`;
}
