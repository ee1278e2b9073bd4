import { GatewayError } from "../errors.ts";
import { SessionsTakeoverParams } from "../protocol/sessions.ts";
import { SessionsTakeoverResult, type TakeoverOutcome } from "../protocol/session-results.ts";
import { hasScope } from "../protocol/scopes.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `sessions.takeover`: from here on this gateway runs the session, not the other one on the state folder. */
export const sessionsTakeover = defineMethod({
  name: "sessions.takeover",
  summary:
    "Has this gateway run the session, where several share a state folder. The one that runs it is asked, and gives its run away after the next entry (`outcome` `asked`). With `force`, which needs `operator.admin`, that run is ended and its gateway writes no more (`forced`). `free`: no other gateway had it. What was acknowledged and not ended is run here then.",
  scope: "operator.write",
  params: SessionsTakeoverParams,
  result: SessionsTakeoverResult,
  async handle({ key, agentId, force = false }, { sessions, agentId: defaultAgentId }, { caller }) {
    if (force && !hasScope(caller.scopes, "operator.admin")) {
      const missingScope = "operator.admin";
      const details = { code: "MISSING_SCOPE", missingScope, requiredScopes: [missingScope] };
      throw new GatewayError("FORBIDDEN", `force is missing scope: ${missingScope}`, { details });
    }
    sessions.refuseWhileDraining();
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    const holder = await sessions.find(sessionKey, async (session) => ({
      found: await session.takeOver({ force }),
    }));
    if (holder === undefined) throw new GatewayError("INVALID_REQUEST", "session not found");
    const outcome: TakeoverOutcome = holder.found === undefined ? "free" : force ? "forced" : "asked";
    return { ok: true as const, key: sessionKey, outcome, holder: holder.found };
  },
});
