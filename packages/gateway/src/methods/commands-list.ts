import { NoParams } from "../protocol/sessions.ts";
import { STOP_COMMAND } from "../session/stop-text.ts";
import { defineMethod } from "./method.ts";

/** `commands.list`: what may be written in place of a message. */
export const commandsList = defineMethod({
  name: "commands.list",
  summary: "What may be written in place of a message.",
  scope: "operator.read",
  params: NoParams,
  handle: (_params, { stopTexts }) => ({
    commands: [
      {
        name: STOP_COMMAND.slice(1),
        textAliases: [...stopTexts],
        description: "Stops the active run and what waits in this session.",
        category: "session",
        source: "native",
        scope: "text",
        acceptsArgs: false,
      },
    ],
  }),
});
