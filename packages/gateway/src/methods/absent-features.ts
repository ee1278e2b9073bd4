import { Type, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { NoParams } from "../protocol/catalogue.ts";
import { closed } from "../protocol/fields.ts";
import { defineMethod, type Method } from "./method.ts";

const none = Type.Array(Type.Unknown(), { maxItems: 0 });

/**
 * Methods of features that this gateway does not have. Stock clients ask for them when they start and take an empty
 * answer better than a refusal.
 */
const EMPTY_ANSWERS: Readonly<Record<string, TSchema>> = {
  "config.get": Type.Object(
    { exists: Type.Literal(false), valid: Type.Literal(true), config: Type.Object({}, closed), issues: none },
    closed,
  ),
  "cron.list": Type.Object({ jobs: none }, closed),
  "cron.status": Type.Object({ enabled: Type.Literal(false), jobs: Type.Literal(0) }, closed),
  "device.pair.list": Type.Object({ pending: none, paired: none }, closed),
  "models.authStatus": Type.Object({ providers: none }, closed),
  "node.list": Type.Object({ nodes: none }, closed),
  "plugin.approval.list": none,
  "question.list": Type.Object({ questions: none }, closed),
  "sessions.branches.list": Type.Object({ branches: none }, closed),
  "taskSuggestions.list": Type.Object({ suggestions: none }, closed),
  "tasks.list": Type.Object({ tasks: none }, closed),
};

export const absentFeatures: readonly Method[] = Object.entries(EMPTY_ANSWERS).map(([name, result]) =>
  defineMethod({
    name,
    summary: "Answers that there is nothing: this gateway does not have the feature.",
    scope: "operator.read",
    params: NoParams,
    result,
    // There is only one value that the schema allows.
    handle: () => Value.Create(result),
  }),
);
