import { canonicalSessionKey } from "./wire.ts";

const TOKEN = "session-lock.token";
const FIRST_SESSION = "agent:main:main";

/** The session named in the fragment of the address, or the first one. */
export function sessionKeyInAddress(): string {
  return canonicalSessionKey(fragment().get("session") ?? FIRST_SESSION);
}

/** The address of this page with a session in its fragment, for links and reloads. */
export function addressOfSession(sessionKey: string): string {
  return `#session=${encodeURIComponent(sessionKey).replaceAll("%3A", ":")}`;
}

/** Keeps a token that came as `#token=…` for this tab and takes it out of the address and the tab's history. */
export function takeTokenFromAddress(): void {
  const parts = fragment();
  const token = parts.get("token");
  if (token === null) return;
  if (token !== "") keepToken(token);
  history.replaceState(null, "", addressOfSession(parts.get("session") ?? FIRST_SESSION));
}

/** Keeps the token until this tab is closed. */
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export function keptToken(): string | undefined {
  return sessionStorage.getItem(TOKEN) ?? undefined;
}

function fragment(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
