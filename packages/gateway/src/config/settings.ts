import { Type, type Static } from "@sinclair/typebox";
import { AI_PROVIDERS } from "../runners/ai-sdk/open-model.ts";

/** Log levels, the most talkative first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
/** Who can answer. */
export const RUNNERS = ["echo", ...AI_PROVIDERS] as const;

/** What a configuration file may say, and flags and variables as well. */
export const Settings = Type.Partial(
  Type.Object(
    {
      host: Type.String({ minLength: 1, maxLength: 253 }),
      port: Type.Integer({ minimum: 0, maximum: 65_535 }),
      stateDir: Type.String({ minLength: 1 }),
      logLevel: Type.Union(LOG_LEVELS.map((level) => Type.Literal(level))),
      runner: Type.Union(RUNNERS.map((runner) => Type.Literal(runner))),
      model: Type.String({ minLength: 1 }),
      baseUrl: Type.String({ pattern: "^https?://" }),
      instructions: Type.String(),
      tools: Type.String({ minLength: 1 }),
      drainMs: Type.Integer({ minimum: 0, maximum: 3_600_000 }),
      stopWords: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 }),
    },
    { additionalProperties: false },
  ),
);
export type Settings = Static<typeof Settings>;
