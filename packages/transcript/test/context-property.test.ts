import fc from "fast-check";
import { expect, test } from "vitest";
import { projectContext, validateMessages } from "../src/index.ts";
import type { ProjectionOptions, ProviderProfile, SessionEntry } from "../src/index.ts";
import { branches } from "./arbitrary-session.ts";
import { isoAt } from "./session-lines.ts";

const PROFILES: readonly ProviderProfile[] = [
  "anthropic",
  "openai-chat",
  "openai-responses",
  "google",
  "bedrock",
  "mistral",
  "strict",
];
const MODELS = [
  { provider: "anthropic", model: "m1" },
  { provider: "google", model: "gemini-3-pro" },
];
const RUNS = { numRuns: 1_500 };

const project = (branch: readonly unknown[], options: ProjectionOptions) =>
  projectContext(branch as readonly SessionEntry[], options);

const targets = fc.record({
  profile: fc.constantFrom(...PROFILES),
  model: fc.constantFrom(...MODELS),
  partialText: fc.boolean(),
});

test("whatever a branch holds, its projection meets every rule of its profile", () => {
  fc.assert(
    fc.property(branches, targets, (branch, options) => {
      const { messages } = project(branch, options);
      const { findings } = validateMessages(messages, options);
      expect(findings.filter(({ severity }) => severity === "E")).toEqual([]);
    }),
    RUNS,
  );
});

test("a branch without a named model is projected for the one it is set to, and meets every rule", () => {
  fc.assert(
    fc.property(branches, fc.constantFrom(...PROFILES), (branch, profile) => {
      const { messages } = project(branch, { profile });
      expect(validateMessages(messages, { profile }).ok).toBe(true);
    }),
    RUNS,
  );
});

test("the same branch gives the same bytes, and is not changed", () => {
  fc.assert(
    fc.property(branches, targets, (branch, options) => {
      const before = JSON.stringify(branch);
      const once = JSON.stringify(project(branch, options));
      const again: unknown = JSON.parse(before);
      expect(JSON.stringify(project(again as unknown[], options))).toBe(once);
      expect(JSON.stringify(branch)).toBe(before);
    }),
    RUNS,
  );
});

test("projecting a projection changes nothing", () => {
  fc.assert(
    fc.property(branches, targets, (branch, options) => {
      const { messages } = project(branch, options);
      const again = project(
        messages.map((message, at) => ({
          type: "message",
          id: `p${at}`,
          parentId: null,
          timestamp: isoAt(0),
          message,
        })),
        options,
      );
      expect(again.changes).toEqual([]);
      expect(again.messages).toEqual(messages);
    }),
    RUNS,
  );
});

test("no text that a person wrote and nothing that a tool answered to a call is left out", () => {
  const words = fc.string({ minLength: 3, unit: fc.constantFrom("a", "b", "c", "d") });
  const parts = fc.array(fc.tuple(fc.constantFrom("user", "run", "stray"), words), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(parts, targets, (list, options) => {
      const said = list.map(([kind, word], at) => ({ kind, word: `${word}${at}!`, id: `c${at}` }));
      const branch = said
        .flatMap(({ kind, word, id }) => stored(kind, word, id))
        .map((message, at) => ({
          type: "message",
          id: `e${at}`,
          parentId: null,
          timestamp: isoAt(at),
          message,
        }));
      const text = JSON.stringify(project(branch, options).messages);
      expect(said.filter(({ word }) => !text.includes(word))).toEqual([]);
    }),
    RUNS,
  );
});

/** A user's text; a call and its result; a call whose result came only after somebody else spoke. */
function stored(kind: string, word: string, id: string): unknown[] {
  const user = { role: "user", content: word, timestamp: 1 };
  const call = {
    role: "assistant",
    content: [{ type: "toolCall", id, name: "t", arguments: {} }],
    stopReason: "toolUse",
  };
  const result = {
    role: "toolResult",
    toolCallId: id,
    toolName: "t",
    content: [{ type: "text", text: word }],
    isError: false,
  };
  const mirror = {
    role: "assistant",
    content: [{ type: "text", text: "mirror" }],
    provider: "openclaw",
    stopReason: "stop",
  };
  const shapes: Readonly<Record<string, unknown[]>> = {
    user: [user],
    run: [call, result],
    stray: [call, mirror, result],
  };
  return shapes[kind] ?? [];
}
