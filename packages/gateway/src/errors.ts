import type { ErrorKind } from "./protocol/chat-event.ts";

/** What went wrong; codes are API and survive the wire. */
export type GatewayErrorCode =
  /** The request is wrong; sending it again will not help. */
  | "INVALID_REQUEST"
  /** The connection's credential does not carry the scope the method needs. */
  | "FORBIDDEN"
  /** The gateway cannot do it now: see `retryable`. */
  | "UNAVAILABLE"
  /** A flag, a variable or an option of `startGateway` is wrong. */
  | "INVALID_CONFIG"
  /** The address is reachable from other machines and no token is set. */
  | "INSECURE_BIND"
  /** Another program listens on the port. */
  | "PORT_IN_USE";

/** The facts of a {@link GatewayError}. */
export interface GatewayErrorFacts {
  /** Machine-readable facts, sent to the client as `error.details`. */
  readonly details?: object;
  /** Whether the same request may succeed later. Default: false. */
  readonly retryable?: boolean;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What a runner met, for the `error` event of its run. */
  readonly errorKind?: ErrorKind;
  readonly cause?: unknown;
}

/** The one error of this package. Callers branch on `code`. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;
  readonly details: object | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly errorKind: ErrorKind | undefined;

  constructor(code: GatewayErrorCode, message: string, facts: GatewayErrorFacts = {}) {
    const { details, retryable = false, retryAfterMs, errorKind, cause } = facts;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
    this.errorKind = errorKind;
  }
}
