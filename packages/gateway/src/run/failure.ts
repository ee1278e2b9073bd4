import { GatewayError } from "../errors.ts";
import type { ErrorKind } from "../protocol/chat.ts";

const MAX_ERROR_LENGTH = 1_000;

/** What a client may read of a failure: a code where there is one (messages of ours name files), else the message. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  if (error instanceof GatewayError) return error.message.slice(0, MAX_ERROR_LENGTH);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.message.slice(0, MAX_ERROR_LENGTH);
}

/** What kind of failure a runner met; it tells by an `errorKind` of the error it throws. */
export function errorKindOf(error: unknown): ErrorKind {
  const kind = error instanceof Error && "errorKind" in error ? error.errorKind : undefined;
  return KINDS.find((known) => known === kind) ?? "unknown";
}

const KINDS: readonly ErrorKind[] = ["refusal", "timeout", "rate_limit", "context_length", "unknown"];
