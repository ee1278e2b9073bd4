import { GatewayError } from "../../errors.ts";
import type { ErrorKind } from "../../protocol/chat-event.ts";

/** What the SDK's errors tell; looked for by shape, as one that was tried again is wrapped in another. */
interface ProviderFacts {
  readonly status: number | undefined;
  readonly text: string;
}

const TOO_LONG =
  /context.?(length|window)|maximum context|too many (input )?tokens|prompt is too long|input token count/i;
const REFUSED = /content.?(filter|policy|management)|safety|flagged/i;

/** A provider's refusal as the error of one run; that run ends with it, and nothing else is touched. */
export function providerError(error: unknown): GatewayError {
  const { status, text } = factsOf(error);
  return new GatewayError("UNAVAILABLE", text, { errorKind: kindOf(status, text), cause: error });
}

function kindOf(status: number | undefined, text: string): ErrorKind {
  if (status === 429) return "rate_limit";
  if (status === 408 || status === 504) return "timeout";
  if (status === 413 || (status === 400 && TOO_LONG.test(text))) return "context_length";
  if (status === 400 && REFUSED.test(text)) return "refusal";
  return "unknown";
}

function factsOf(error: unknown): ProviderFacts {
  if (!(error instanceof Error)) return { status: undefined, text: String(error) };
  const last = "lastError" in error ? factsOf(error.lastError) : undefined;
  const status =
    "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : last?.status;
  return { status, text: last?.text ?? error.message };
}
