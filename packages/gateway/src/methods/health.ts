import { NoParams } from "../protocol/sessions.ts";
import { defineMethod } from "./method.ts";

/** `health`: that the gateway answers. */
export const health = defineMethod({
  name: "health",
  summary: "That the gateway answers.",
  scope: "operator.read",
  params: NoParams,
  handle: (_params, services) => services.health(),
});
