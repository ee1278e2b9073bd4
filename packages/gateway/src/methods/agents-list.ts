import { AgentsListResult, NoParams } from "../protocol/catalogue.ts";
import { defineMethod } from "./method.ts";

/** `agents.list`: the one agent of this gateway. */
export const agentsList = defineMethod({
  name: "agents.list",
  summary: "The one agent of this gateway.",
  scope: "operator.read",
  params: NoParams,
  result: AgentsListResult,
  handle: (_params, { agentId }) => ({
    defaultId: agentId,
    mainKey: "main",
    scope: "per-sender" as const,
    agents: [{ id: agentId }],
  }),
});
