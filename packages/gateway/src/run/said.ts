import type { ThinkingContent, Usage } from "@session-lock/transcript";

const NO_COST = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };

/** What a message that no model was asked for has used. */
export const NO_USAGE: Usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: NO_COST,
};

/** Tokens of one call of a model, as a runner tells them. */
export interface TokenCount {
  /** Not read from the provider's cache. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** What a model turn gave, beside its calls. */
export interface Said {
  readonly text: string;
  /** What the model thought before; kept with the answer as it was signed. Default: nothing. */
  readonly thoughts?: readonly ThinkingContent[];
  /** Default: nothing. */
  readonly usage?: Usage;
}

/** The count as a message has it; prices are not known here. */
export function usageOf({ input, output, cacheRead, cacheWrite }: TokenCount): Usage {
  const totalTokens = input + output + cacheRead + cacheWrite;
  return { input, output, cacheRead, cacheWrite, totalTokens, cost: NO_COST };
}
