import { NoParams } from "../protocol/catalogue.ts";
import { SessionsSubscribeResult } from "../protocol/session-results.ts";
import { defineMethod } from "./method.ts";

/** `sessions.subscribe`: from now on this connection gets `sessions.changed` whenever an open session is written to, set, reset or deleted. */
export const sessionsSubscribe = defineMethod({
  name: "sessions.subscribe",
  summary:
    "From now on this connection gets `sessions.changed` whenever an open session is written to, set, reset or deleted.",
  scope: "operator.read",
  params: NoParams,
  result: SessionsSubscribeResult,
  handle(_params, _services, { caller }) {
    caller.followSessions();
    return { subscribed: true as const };
  },
});
