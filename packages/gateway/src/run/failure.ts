import { GatewayError } from "../errors.ts";
import type { ErrorKind } from "../protocol/chat-event.ts";

const MAX_ERROR_LENGTH = 1_000;

/** What a client may read of a failure: a code where there is one (messages of ours name files), else the message. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  if (error instanceof GatewayError) return error.message.slice(0, MAX_ERROR_LENGTH);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.message.slice(0, MAX_ERROR_LENGTH);
}

/** Both, of what ended a run. */
export function failureOf(error: unknown): { readonly reason: string; readonly errorKind: ErrorKind } {
  return { reason: describeFailure(error), errorKind: errorKindOf(error) };
}

/** What kind of failure it was: of the error that a runner throws, or of the row that a failed run left, by its `errorKind`. */
export function errorKindOf(failure: unknown): ErrorKind {
  const isTold = typeof failure === "object" && failure !== null && "errorKind" in failure;
  const kind = isTold ? failure.errorKind : undefined;
  return KINDS.find((known) => known === kind) ?? "unknown";
}

const KINDS: readonly ErrorKind[] = ["refusal", "timeout", "rate_limit", "context_length", "unknown"];
