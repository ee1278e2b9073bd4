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
