import { NoParams, ToolsCatalogResult } from "../protocol/catalogue.ts";
import { defineMethod } from "./method.ts";

/** `tools.catalog`: what the model may call. */
export const toolsCatalog = defineMethod({
  name: "tools.catalog",
  summary: "The tools that the runner gives its model; the gateway has none of its own.",
  scope: "operator.read",
  params: NoParams,
  result: ToolsCatalogResult,
  handle: (_params, { agentId, tools }) => {
    const source = "core" as const;
    const rows = tools.map(({ name, description }) => {
      return { id: name, label: name, description, source, defaultProfiles: [] };
    });
    const groups = rows.length === 0 ? [] : [{ id: "runner", label: "Runner", source, tools: rows }];
    return { agentId, profiles: [], groups };
  },
});
