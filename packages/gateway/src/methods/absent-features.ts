import { NoParams } from "../protocol/sessions.ts";
import { defineMethod, type Method } from "./method.ts";

/**
 * Methods of features that this gateway does not have. Stock clients ask for them when they start and take an empty
 * answer better than a refusal.
 */
const EMPTY_ANSWERS: Readonly<Record<string, object>> = {
  "config.get": { exists: false, valid: true, config: {}, issues: [] },
  "cron.list": { jobs: [] },
  "cron.status": { enabled: false, jobs: 0 },
  "device.pair.list": { pending: [], paired: [] },
  "models.authStatus": { providers: [] },
  "node.list": { nodes: [] },
  "plugin.approval.list": [],
  "question.list": { questions: [] },
  "sessions.branches.list": { branches: [] },
  "taskSuggestions.list": { suggestions: [] },
  "tasks.list": { tasks: [] },
};

export const absentFeatures: readonly Method[] = Object.entries(EMPTY_ANSWERS).map(([name, answer]) =>
  defineMethod({
    name,
    summary: "Answers that there is nothing: this gateway does not have the feature.",
    scope: "operator.read",
    params: NoParams,
    handle: () => answer,
  }),
);

/** `agent.identity.get` and `tools.catalog`: an agent without a face or tools of the gateway's own. */
export const agentFacts: readonly Method[] = [
  defineMethod({
    name: "agent.identity.get",
    summary: "The agent's name.",
    scope: "operator.read",
    params: NoParams,
    handle: (_params, { agentId }) => ({ agentId, name: agentId }),
  }),
  defineMethod({
    name: "tools.catalog",
    summary: "The gateway has no tools of its own; those of a runner are not listed.",
    scope: "operator.read",
    params: NoParams,
    handle: (_params, { agentId }) => ({ agentId, profiles: [], groups: [] }),
  }),
];
