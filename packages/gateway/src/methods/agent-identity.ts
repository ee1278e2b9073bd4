import { AgentIdentityResult, NoParams } from "../protocol/catalogue.ts";
import { defineMethod } from "./method.ts";

/** `agent.identity.get`: an agent without a face. */
export const agentIdentity = defineMethod({
  name: "agent.identity.get",
  summary: "The agent's name.",
  scope: "operator.read",
  params: NoParams,
  result: AgentIdentityResult,
  handle: (_params, { agentId }) => ({ agentId, name: agentId }),
});
