import { randomUUID } from "node:crypto";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { WebSocket } from "ws";
import type { CallTarget } from "../config/config.ts";
import { openedBy } from "../session/message-text.ts";
import { ResponseFrame, type ErrorShape } from "../protocol/frames.ts";
import { readVersion } from "../version.ts";

/** One call. */
export interface Question {
  readonly method: string;
  readonly params: unknown;
  readonly timeoutMs: number;
}

/**
 * What came of a call.
 *
 * - `answered`, `refused` the gateway has said so
 * - `unauthorized` it did not let us in
 * - `unreachable` nothing that speaks the protocol is there
 * - `timeout` no answer in time; a call that writes may have been carried out all the same
 */
export type Reply =
  | { readonly kind: "answered"; readonly payload: unknown }
  | { readonly kind: "refused" | "unauthorized"; readonly error: ErrorShape }
  | { readonly kind: "unreachable" | "timeout"; readonly why: string };

const Challenge = Type.Object({ type: Type.Literal("event"), event: Type.Literal("connect.challenge") });

/** Calls one method over a WebSocket of its own. Never rejects. */
export function ask({ url, token }: CallTarget, { method, params, timeoutMs }: Question): Promise<Reply> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { perMessageDeflate: false });
  return new Promise((resolve) => {
    const settle = (reply: Reply): void => {
      clearTimeout(timer);
      resolve(reply);
      socket.terminate();
    };
    const timer = setTimeout(
      () => settle({ kind: "timeout", why: `no answer within ${timeoutMs} ms` }),
      timeoutMs,
    );
    const request = (id: string, name: string, content: unknown): void =>
      socket.send(JSON.stringify({ type: "req", id, method: name, params: content }));
    socket.on("error", (error) => settle({ kind: "unreachable", why: error.message }));
    socket.on("close", (code, reason) => {
      settle({ kind: "unreachable", why: `closed with ${code} ${reason.toString()}` });
    });
    socket.on("message", (data: Buffer) => {
      const frame = parsed(data.toString());
      if (Value.Check(Challenge, frame)) request("connect", "connect", connectParams(token));
      if (!Value.Check(ResponseFrame, frame)) return;
      const { id, ok, payload, error = { code: "UNAVAILABLE", message: "refused without a reason" } } = frame;
      if (id === "connect" && ok) request("call", method, params);
      else if (id === "connect") settle({ kind: "unauthorized", error });
      else if (!ok) settle({ kind: "refused", error });
      // A method that answers twice says so in its first answer.
      else if (openedBy(payload)["status"] !== "accepted") settle({ kind: "answered", payload });
    });
  });
}

function connectParams(token: string | undefined): object {
  const client = { id: "cli", version: readVersion(), platform: process.platform, mode: "cli" };
  const auth = token === undefined ? {} : { auth: { token } };
  return {
    minProtocol: 3,
    maxProtocol: 4,
    client: { ...client, instanceId: randomUUID() },
    role: "operator",
    ...auth,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no frame of ours: it is passed over like any other
  }
}
