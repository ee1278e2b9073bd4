import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Why a request is not served; `status` is the HTTP answer. */
export interface RequestFault {
  readonly status: 400 | 403;
  readonly reason: string;
}

/** Where the gateway listens, as the allow-list of names needs it. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);
const CREDENTIAL_NAMES = ["token", "password", "access_token", "auth"];

/** Whether only this machine can reach the address. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Compares two secrets in a time that tells nothing about either, not even the length. */
export function isSameSecret(presented: string, expected: string): boolean {
  return timingSafeEqual(digest(presented), digest(expected));
}

/**
 * Judges where an HTTP request or an upgrade comes from, before anything else reads it.
 *
 * - `Host` must name this gateway: a page of another site that makes its own name resolve to this machine (DNS
 *   rebinding) is refused. On a loopback address that is `localhost`, `127.0.0.1` or `[::1]` with our port; elsewhere
 *   any IP address (no name can be rebound to it) or the host name it was told to listen on.
 * - `Origin`, which every browser sends with an upgrade, must be the very host the request went to, whatever program
 *   the client says it is.
 * - Credentials in the URL are refused: URLs end up in logs and histories.
 */
export function checkRequest(request: IncomingMessage, bound: BoundAddress): RequestFault | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !isAllowedHost(host.toLowerCase(), bound))
    return { status: 403, reason: "host not allowed" };
  if (origin !== undefined && !isOriginOf(origin.toLowerCase(), host.toLowerCase())) {
    return { status: 403, reason: "origin not allowed" };
  }
  const { query } = targetOf(request);
  if (CREDENTIAL_NAMES.some((name) => query.has(name)))
    return { status: 400, reason: "no credentials in a URL" };
  return undefined;
}

/** The stricter rule of an upgrade: a browser that names no `Origin` must not come from another site either. */
export function checkUpgrade(request: IncomingMessage, bound: BoundAddress): RequestFault | undefined {
  const site = request.headers["sec-fetch-site"];
  const foreign = site !== undefined && site !== "same-origin" && site !== "none";
  return checkRequest(request, bound) ?? (foreign ? { status: 403, reason: "site not allowed" } : undefined);
}

/** The path and the query of a request line; unlike `new URL`, it takes whatever was sent. */
export function targetOf({ url = "/" }: IncomingMessage): {
  readonly path: string;
  readonly query: URLSearchParams;
} {
  const end = url.indexOf("?");
  if (end < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, end), query: new URLSearchParams(url.slice(end + 1)) };
}

function isAllowedHost(hostHeader: string, bound: BoundAddress): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(hostHeader);
  const name = match?.[1];
  if (name === undefined) return false;
  const port = Number(match?.[2] ?? 80);
  if (isLoopbackHost(bound.host))
    return port === bound.port && (LOOPBACK_NAMES.has(name) || name === bound.host);
  // Behind a port mapping the client sees another port than ours; the token still stands in front.
  const bare = name.replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 || name === "localhost" || name === bound.host.toLowerCase();
}

function isOriginOf(origin: string, hostHeader: string): boolean {
  return origin === `http://${hostHeader}` || origin === `https://${hostHeader}`;
}

function digest(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
