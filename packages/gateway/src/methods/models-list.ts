import { ModelsListResult, NoParams } from "../protocol/catalogue.ts";
import { defineMethod } from "./method.ts";

/** `models.list`: what answers. */
export const modelsList = defineMethod({
  name: "models.list",
  summary: "The one model that the runner answers with.",
  scope: "operator.read",
  params: NoParams,
  result: ModelsListResult,
  handle: (_params, { model: { provider, model } }) => ({
    models: [{ id: model, name: model, provider, available: true }],
  }),
});
