import { Value } from "@sinclair/typebox/value";
import { METHODS } from "../src/methods/registry.ts";
import { HelloOk } from "../src/protocol/connect.ts";

/** Where the answer of a method is not what its schema says; undefined when it is. */
export function answerFault(method: string, payload: unknown): string | undefined {
  const schema = method === "connect" ? HelloOk : METHODS.get(method)?.result;
  if (schema === undefined) return `${method} has no schema of its answers`;
  const first = Value.Errors(schema, payload).First();
  if (first === undefined) return undefined;
  return `the answer of ${method} is wrong at ${first.path}: ${first.message}: ${JSON.stringify(payload)}`;
}
