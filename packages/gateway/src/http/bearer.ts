import type { IncomingMessage } from "node:http";
import type { AuthAttempts } from "../connection/attempts.ts";
import { isSameSecret } from "../connection/auth.ts";
import { headerText } from "./header-text.ts";

/** What HTTP requests have to present. */
export interface BearerTerms {
  readonly attempts: AuthAttempts;
  /** The token to present; `undefined` when none is asked for. Read anew for each request. */
  token(): string | undefined;
}

/** Why a request's credential is not good enough. */
export interface BearerFault {
  readonly status: 401 | 429;
  readonly reason: string;
  readonly retryAfterMs: number;
}

/** Judges the `Authorization` header. Wrong tokens are counted together with those of WebSocket connections. */
export function checkBearer(request: IncomingMessage, terms: BearerTerms): BearerFault | undefined {
  const token = terms.token();
  if (token === undefined) return undefined;
  const address = request.socket.remoteAddress ?? "unknown";
  const retryAfterMs = terms.attempts.blockedForMs(address);
  if (retryAfterMs > 0) return { status: 429, reason: "too many refused credentials", retryAfterMs };
  // All of it: a token may be words with spaces between them.
  const presented = /^bearer +(.+)$/i.exec(headerText(request.headers.authorization ?? ""))?.[1];
  if (presented !== undefined && isSameSecret(presented, token)) return undefined;
  // Nothing presented is no guess: a person who opens the page by hand must not lock the address out.
  if (presented !== undefined) terms.attempts.failed(address);
  return { status: 401, reason: "unauthorized: a bearer token is needed", retryAfterMs: 0 };
}
