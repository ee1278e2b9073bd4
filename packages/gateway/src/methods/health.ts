import { NoParams } from "../protocol/catalogue.ts";
import { Health } from "../protocol/connect.ts";
import { defineMethod } from "./method.ts";

/** `health`: that the gateway answers. */
export const health = defineMethod({
  name: "health",
  summary: "That the gateway answers.",
  scope: "operator.read",
  params: NoParams,
  result: Health,
  handle: (_params, services) => services.health(),
});
