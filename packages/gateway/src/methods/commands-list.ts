import { CommandsListResult, NoParams } from "../protocol/catalogue.ts";
import { STOP_COMMAND } from "../session/stop-text.ts";
import { defineMethod } from "./method.ts";

/** `commands.list`: what may be written in place of a message. */
export const commandsList = defineMethod({
  name: "commands.list",
  summary: "What may be written in place of a message.",
  scope: "operator.read",
  params: NoParams,
  result: CommandsListResult,
  handle: (_params, { stopTexts }) => ({
    commands: [
      {
        name: STOP_COMMAND.slice(1),
        textAliases: [...stopTexts],
        description: "Stops the active run and what waits in this session.",
        category: "session" as const,
        source: "native" as const,
        scope: "text" as const,
        acceptsArgs: false,
      },
    ],
  }),
});
