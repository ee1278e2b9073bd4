import type { Services } from "../methods/method.ts";
import { EVENTS, METHODS } from "../methods/registry.ts";
import type { HelloOk } from "../protocol/connect.ts";
import type { Handshake } from "../protocol/handshake.ts";
import { MAX_BUFFERED_BYTES, MAX_PAYLOAD_BYTES, TICK_INTERVAL_MS } from "../protocol/limits.ts";
import { MAIN_SESSION_KEY } from "../session/session-key.ts";

/** What is not in the handshake itself. */
export interface HelloFacts {
  readonly connId: string;
  readonly authMode: "none" | "token";
  readonly services: Services;
}

/** The answer to an accepted `connect`. It names no path of this machine. */
export function helloOk(handshake: Handshake & { readonly kind: "accepted" }, facts: HelloFacts): HelloOk {
  const { connId, authMode, services } = facts;
  return {
    type: "hello-ok",
    protocol: handshake.protocol,
    server: { version: services.version, connId },
    features: { methods: [...METHODS.keys()], events: [...EVENTS] },
    snapshot: {
      presence: services.hub.presence(),
      health: services.health(),
      stateVersion: { presence: 0, health: 0 },
      uptimeMs: services.uptimeMs(),
      sessionDefaults: {
        defaultAgentId: services.agentId,
        mainKey: "main",
        mainSessionKey: MAIN_SESSION_KEY,
        scope: "per-sender",
        modelConfigured: true,
      },
      authMode,
    },
    auth: { role: handshake.role, scopes: [...handshake.scopes] },
    policy: {
      maxPayload: MAX_PAYLOAD_BYTES,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      tickIntervalMs: TICK_INTERVAL_MS,
    },
  };
}
