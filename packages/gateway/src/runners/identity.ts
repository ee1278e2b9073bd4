import type { AgentRunner } from "./runner.ts";

/** Who answers in a session that is set to `model`, or to none: what is stored with its answers. */
export function identityOf(runner: AgentRunner, model: string | undefined): AgentRunner["model"] {
  return (model === undefined ? undefined : runner.identify?.(model)) ?? runner.model;
}
