import { GatewayError } from "../errors.ts";
import type { LaneHolder } from "./lane-leases.ts";

/** Inputs that may wait in one session. */
const MAX_WAITING_INPUTS = 100;

/** Throws `UNAVAILABLE` with the details `QUEUE_FULL` when no more inputs may wait. */
export function refuseFull(waiting: number): void {
  if (waiting < MAX_WAITING_INPUTS) return;
  const details = { code: "QUEUE_FULL", limit: MAX_WAITING_INPUTS };
  throw new GatewayError("UNAVAILABLE", "too many messages wait in this session", {
    details,
    retryable: true,
  });
}

/** What an input in mode `reject` met. */
export interface LaneOccupation {
  readonly activeRunId: string | undefined;
  readonly waiting: number;
  /** The other gateway that has the lane. */
  readonly holder: LaneHolder | undefined;
}

/** The refusal of an input that would have had to wait. */
export function laneBusy(occupation: LaneOccupation): GatewayError {
  const { name } = occupation.holder ?? {};
  const message = name === undefined ? "a run of this session is active" : `${name} runs this session`;
  const details = { code: "LANE_BUSY", ...occupation };
  return new GatewayError("UNAVAILABLE", message, { details, retryable: true });
}

/** The refusal of anything for a session that is going away. */
export function beingReplaced(): GatewayError {
  return new GatewayError("UNAVAILABLE", "the session is being replaced", { retryable: true });
}
