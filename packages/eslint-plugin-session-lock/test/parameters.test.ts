import { expect, test } from "vitest";
import { lint } from "./lint.ts";

const code = `export function append(sessionManager, message) {
  sessionManager.appendMessage(message);
}
export function note(params) {
  params.sessionManager.appendCustomEntry("note");
}
/** @requires-session-lock */
export function told(sessionManager, message) {
  sessionManager.appendMessage(message);
}`;

const typed = `import type { SessionManager } from "@session-lock/transcript";
export function append(sessionManager: SessionManager) { sessionManager.appendMessage("x"); }`;

const narrowed = `import { SessionManager } from "@session-lock/transcript";
export function append(value, message) {
  if (value instanceof SessionManager) value.appendMessage(message);
  else value.appendMessage(message);
}`;

test("a parameter without a type is no manager by default", () => {
  expect(lint(code)).toEqual([]);
});

test("with parameters: annotate, a parameter is one as soon as it is written through", () => {
  expect(lint(code, { settings: { parameters: "annotate" } })).toEqual([
    "require-session-lock/callerMustLock 2",
    "require-session-lock/callerMustLock 5",
  ]);
});

test("with parameters: ignore, a manager that is handed in is its owner's business", () => {
  expect(lint(typed, { typescript: true })).toEqual(["require-session-lock/callerMustLock 2"]);
  expect(lint(typed, { typescript: true, settings: { parameters: "ignore" } })).toEqual([]);
});

test("instanceof makes a manager of a value of any type, in the branch where it holds", () => {
  expect(lint(narrowed)).toEqual(["require-session-lock/callerMustLock 3"]);
});

const imports = `import { SessionManager } from "@session-lock/transcript";`;

test.each([
  "interface Run { parent?: Run; sessionManager: SessionManager }",
  "interface Run { step: Step; sessionManager: SessionManager } interface Step { run: Run }",
  "type Run = { parent: Readonly<Run> | undefined } & { sessionManager: SessionManager };",
])("a type that is part of itself is read once: %s", (type) => {
  const body = `${imports}\n${type}
export const append = (run: Run) => run.sessionManager?.appendMessage("x");
export const copy = (runs: { one: Run; other: Run }) => runs.other.sessionManager?.appendMessage("x");`;

  expect(lint(body, { typescript: true })).toEqual([
    "require-session-lock/callerMustLock 3",
    "require-session-lock/callerMustLock 4",
  ]);
});

test.each([
  "export const append = <T extends SessionManager>(it: T) => it.appendMessage('x');",
  "interface Own extends SessionManager { at: number } export const append = (it: Own) => it.appendMessage('x');",
])("a type that extends a manager's is one: %s", (append) => {
  expect(lint(`${imports}\n${append}`, { typescript: true })).toEqual([
    "require-session-lock/callerMustLock 2",
  ]);
});

test("types that all name each other are read in the blink of an eye", () => {
  const names = Array.from({ length: 40 }, (_, index) => `T${index}`);
  const members = names.map((name) => `${name.toLowerCase()}: ${name}`).join("; ");
  const types = names.map((name) => `interface ${name} { ${members} }`).join("\n");
  const body = `${imports}\n${types}
export const append = (t: T0, file: string) => SessionManager.open(t.t1 + file).appendMessage("x");`;

  expect(lint(body, { typescript: true })).toEqual(["require-session-lock/unlocked 42"]);
});
