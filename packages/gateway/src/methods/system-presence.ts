import { Type } from "@sinclair/typebox";
import { NoParams } from "../protocol/catalogue.ts";
import { Presence } from "../protocol/connect.ts";
import { defineMethod } from "./method.ts";

/** `system-presence`: who is connected. */
export const systemPresence = defineMethod({
  name: "system-presence",
  summary: "The connections there are, as a list.",
  scope: "operator.read",
  params: NoParams,
  result: Type.Array(Presence),
  handle: (_params, { hub }) => hub.presence(),
});
