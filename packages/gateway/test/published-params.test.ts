import { ProtocolSchemas } from "@openclaw/gateway-protocol/schema";
import { Value } from "@sinclair/typebox/value";
import { expect, test } from "vitest";
import { METHODS } from "../src/methods/registry.ts";
import { requiredOf, valuesOf } from "./published-values.ts";

/** Methods of our own, and those whose parameters are published nowhere. */
const UNPUBLISHED = [
  "agent.identity.get",
  "chat.replay",
  "chat.startup",
  "health",
  "plugin.approval.list",
  "sessions.inspect",
  "sessions.subscribe",
  "sessions.takeover",
  "status",
  "system-presence",
];

/** What is refused although it is published: if ignored, a client would believe in what does not hold. */
const REFUSED = [
  // Compared with what no session here has; null, which says so, is taken.
  "chat.send expectedPermissionMode",
  "chat.send expectedToolOverrides",
  "sessions.patch expectedPermissionMode",
  "sessions.patch expectedToolOverrides",
  // The same, and there is no way to ask for null.
  "sessions.delete expectedLifecycleRevision",
  "sessions.patch expectedLifecycleRevision",
  // Restrictions that no tool of a runner would hold to; null, no restriction, is taken.
  "sessions.patch permissionMode",
  "sessions.patch toolOverrides",
  "sessions.patch inheritedToolAllow",
  "sessions.patch inheritedToolDeny",
];

const schemas: Readonly<Record<string, unknown>> = ProtocolSchemas;

function publishedParams(method: string): unknown {
  const words = method.split(/[.-]/).map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return schemas[`${words.join("")}Params`];
}

test("every method takes every parameter of its published schema, but for a few that would not hold", () => {
  const refused = [...METHODS.values()].flatMap(({ name: method, params }) => {
    const published = publishedParams(method);
    const { properties = {} } = (published ?? {}) as { readonly properties?: Record<string, unknown> };
    return Object.entries(properties).flatMap(([name, schema]) => {
      const faults = valuesOf(schema).flatMap((value) => [
        ...Value.Errors(params, { ...requiredOf(published), [name]: value }),
      ]);
      return faults.length > 0 ? [`${method} ${name}`] : [];
    });
  });

  expect(new Set(refused)).toEqual(new Set(REFUSED));
});

test("only methods that are published nowhere are not compared with a published schema", () => {
  const names = [...METHODS.keys()].filter((method) => publishedParams(method) === undefined);

  expect(names.sort()).toEqual([...UNPUBLISHED].sort());
});
