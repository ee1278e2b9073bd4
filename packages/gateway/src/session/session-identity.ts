import { GatewayError } from "../errors.ts";

/** Refuses a call that a client meant for another session than the one its key stands for by now. */
export function refuseOtherSession(
  expected: string | undefined,
  sessionId: string | undefined,
  refusal: () => GatewayError = sessionChanged,
): void {
  if (expected !== undefined && expected !== sessionId) throw refusal();
}

function sessionChanged(): GatewayError {
  const details = { reason: "session-changed" };
  return new GatewayError("INVALID_REQUEST", "the session key belongs to another session by now", {
    details,
  });
}
