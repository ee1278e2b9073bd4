import { NoParams } from "../protocol/sessions.ts";
import { defineMethod } from "./method.ts";

/** `agents.list`: the one agent of this gateway. */
export const agentsList = defineMethod({
  name: "agents.list",
  summary: "The one agent of this gateway.",
  scope: "operator.read",
  params: NoParams,
  handle: (_params, { agentId }) => ({
    defaultId: agentId,
    mainKey: "main",
    scope: "per-sender",
    agents: [{ id: agentId }],
  }),
});
