import { GatewayError } from "../errors.ts";
import type { ErrorShape } from "./frames.ts";

const REQUEST_FAULTS = new Set(["CONFLICT", "INVALID_KEY", "INVALID_MESSAGE"]);

/**
 * What a client is told of a failure. Our own messages are written for it; those of the layers below name files of this
 * machine, so only their code goes out.
 */
export function toErrorShape(error: unknown): ErrorShape {
  if (error instanceof GatewayError) {
    const { code, message, details, retryable, retryAfterMs } = error;
    return {
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(retryable ? { retryable } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code === undefined) return { code: "UNAVAILABLE", message: "internal error" };
  const details = { code };
  if (isOfReplaced(error))
    return { code: "UNAVAILABLE", message: "the session is being replaced", details, retryable: true };
  if (code === "LOST")
    return {
      code: "UNAVAILABLE",
      message: "another gateway took the session over",
      details,
      retryable: true,
    };
  if (REQUEST_FAULTS.has(code))
    return { code: "INVALID_REQUEST", message: `refused by the transcript: ${code}`, details };
  if (code === "TIMEOUT")
    return { code: "UNAVAILABLE", message: "session file locked", details, retryable: true };
  return { code: "UNAVAILABLE", message: `the transcript could not be used: ${code}`, details };
}

/** Whether it comes of a session that its key does not stand for any more: asked again, the call finds the new one. */
export function isOfReplaced(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "UNBOUND" || error.code === "CLOSED");
}
