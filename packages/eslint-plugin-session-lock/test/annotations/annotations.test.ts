import { describe, expect, test } from "vitest";
import { lint } from "../lint.ts";
import { acquires, asserts, owns, releases, requires, wrapper, type Case } from "./cases.ts";

const imports = `import { SessionManager } from "@session-lock/transcript"; import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";\n`;

function behaves({ body, reports }: Case): void {
  expect(lint(imports + body)).toEqual(reports);
  expect(lint(imports + body, { typescript: true })).toEqual(reports);
}

describe("@requires-session-lock", () => test.each(requires)("$title", behaves));
describe("@acquires-session-lock", () => test.each(acquires)("$title", behaves));
describe("@releases-session-lock", () => test.each(releases)("$title", behaves));
describe("@asserts-session-lock", () => test.each(asserts)("$title", behaves));
describe("@session-lock-wrapper", () => test.each(wrapper)("$title", behaves));
describe("@owns-session-file", () => test.each(owns)("$title", behaves));

describe("in TypeScript", () => {
  test("a tag on an overload speaks of the function", () => {
    const body = `/** @requires-session-lock */
export function append(file: string, message: string): void;
export function append(file: URL, message: string): void;
export function append(file: string, message: string) { SessionManager.open(file).appendMessage(message); }
export class Store {
  /** @requires-session-lock file */
  append(file: string): void;
  append(file: string) { SessionManager.open(file).appendMessage("x"); }
}`;

    expect(lint(imports + body, { typescript: true })).toEqual([]);
  });

  test("a synchronous function that gives the handle at once holds the lock at once", () => {
    const body = `/** @acquires-session-lock file */
function grab(file: string): Lock { return registry.lock(file); }
export function save(file: string, message: string) {
  const lock = grab(file);
  if (!lock) return;
  try {
    SessionManager.open(file).appendMessage(message);
  } finally {
    lock.release();
  }
}`;

    expect(lint(imports + body, { typescript: true })).toEqual([]);
  });
});
