import { NoParams } from "../protocol/sessions.ts";
import { defineMethod } from "./method.ts";

/** `system-presence`: who is connected. */
export const systemPresence = defineMethod({
  name: "system-presence",
  summary: "The connections there are, as a list.",
  scope: "operator.read",
  params: NoParams,
  handle: (_params, { hub }) => hub.presence(),
});
