import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";

/** What clients must present at this moment; `undefined` when nothing is asked for. */
export type TokenSource = () => string | undefined;

/**
 * The token as the gateway asks for it. A function is somebody else's code, and may read a vault that is sealed: while it
 * throws or gives none, nobody gets in, and everything else goes on. Throws `INVALID_CONFIG` when there is none at first.
 */
export function tokenSource(token: string | (() => string) | undefined, log: Logger): TokenSource {
  if (typeof token !== "function") {
    const present = token === undefined ? undefined : checked(token);
    return () => present;
  }
  try {
    checked(token());
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("INVALID_CONFIG", "the token cannot be read", { cause });
  }
  const nobodys = randomBytes(32).toString("base64url");
  let isFailing = false;
  return () => {
    try {
      const present = checked(token());
      isFailing = false;
      return present;
    } catch (error) {
      if (!isFailing) log.error({ err: error }, "there is no token, so nobody gets in");
      isFailing = true;
      return nobodys;
    }
  };
}

/** Callers without types give what they like: what is no token must open no door. */
function checked(token: unknown): string {
  if (typeof token === "string" && token !== "") return token;
  throw new GatewayError("INVALID_CONFIG", token === "" ? "the token is empty" : "the token must be a text");
}
