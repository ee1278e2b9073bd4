import type { TokenCount } from "./said.ts";
import type { TerminalEvent } from "./run-track.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { openedBy } from "../session/message-text.ts";

/** Who gave the answer of a run, and what that took. */
export interface AnswerOrigin {
  readonly provider: string;
  readonly model: string;
  /** Of the model call that gave the answer; zeros where nobody counted. */
  readonly usage: TokenCount & { readonly totalTokens: number };
}

/**
 * As the stored message of a run has it. `usual` is told where it has none, or was stopped, as such a row
 * names no model.
 */
export function originOf(terminal: TerminalEvent | undefined, usual: AgentRunner["model"]): AnswerOrigin {
  const message = openedBy(terminal?.message);
  const { provider, model } = terminal?.state === "aborted" ? usual : { ...usual, ...namesOf(message) };
  return { provider, model, usage: usageIn(message) };
}

function namesOf({ provider, model }: Readonly<Record<string, unknown>>): object {
  return typeof provider === "string" && typeof model === "string" ? { provider, model } : {};
}

function usageIn(message: Readonly<Record<string, unknown>>): AnswerOrigin["usage"] {
  const counts = openedBy(message["usage"]);
  const count = (name: string): number => {
    const value = counts[name];
    return typeof value === "number" ? value : 0;
  };
  const [input, output] = [count("input"), count("output")];
  const [cacheRead, cacheWrite] = [count("cacheRead"), count("cacheWrite")];
  return { input, output, cacheRead, cacheWrite, totalTokens: input + output + cacheRead + cacheWrite };
}
