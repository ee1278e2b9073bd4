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

  test.each<Case>([
    {
      title: "a tag on an ambient function speaks of its calls",
      body: `/** @requires-session-lock file */
declare function put(file: string): void;
export const bad = (file: string) => put(file);
export const good = (file: string) => withSessionWriteLock(file, () => put(file));
export const other = (file: string, another: string) => withSessionWriteLock(another, () => put(file));`,
      reports: ["require-session-lock/annotatedCallee 4", "require-session-lock/annotatedWrongFile 6"],
    },
    {
      title: "tags on the members of an interface speak of the calls of whatever is of that type",
      body: `export interface Store {
  /** @requires-session-lock file */
  put(file: string): void;
  /** @requires-session-lock */
  readonly add: (line: string) => void;
  size(): number;
}
export function bad(store: Store, file: string) {
  store.put(file);
}
export function worse({ add }: Store) {
  add("x");
}
export class Deps {
  constructor(private readonly store: Store) {}
  bad(file: string) { return this.store.size() > 0 && this.store.put(file); }
}
export const good = (store: Store, file: string) => withSessionWriteLock(file, () => { store.put(file); store.add("x"); });`,
      reports: [
        "require-session-lock/annotatedCallee 10",
        "require-session-lock/annotatedCallee 13",
        "require-session-lock/annotatedCallee 17",
      ],
    },
    {
      title: "a class that implements the interface does what that says",
      body: `interface Store {
  /** @requires-session-lock file */
  put(file: string, line: string): void;
}
export class Journal implements Store {
  put(name: string, line: string) { SessionManager.open(name).appendMessage(line); }
}
export class Other {
  put(name: string, line: string) { SessionManager.open(name).appendMessage(line); }
}`,
      reports: ["require-session-lock/unlocked 10"],
    },
    {
      title: "a tag on the type of functions speaks of every function of that type",
      body: `/** @requires-session-lock file */
export type Put = (file: string) => void;
interface Locks {
  /** @session-lock-wrapper */
  under(file: string, work: () => void): Promise<void>;
  /** @acquires-session-lock file */
  take(file: string): Promise<Lock>;
}
export const bad = (put: Put, file: string) => put(file);
export const good = (locks: Locks, put: Put, file: string) => locks.under(file, () => put(file));
export async function leak({ take }: Locks, put: Put, file: string) {
  const lock = await take(file);
  put(file);
}`,
      reports: ["require-session-lock/annotatedCallee 10", "release-session-lock/leaks 13"],
    },
    {
      title: "a tag on an abstract method speaks of those that take its place, and of its calls",
      body: `export abstract class Base {
  /** @requires-session-lock file */
  abstract put(file: string): void;
  bad(file: string) { this.put(file); }
  good(file: string) { return withSessionWriteLock(file, () => this.put(file)); }
}
export class Real extends Base {
  put(name: string) { SessionManager.open(name).appendMessage("x"); }
}
export const worse = (base: Base, file: string) => base.put(file);`,
      reports: ["require-session-lock/annotatedCallee 5", "require-session-lock/annotatedCallee 11"],
    },
    {
      title: "an overload may name its file as the implementation does not",
      body: `/** @requires-session-lock path */
export function append(path: string): void;
export function append(first: string) { SessionManager.open(first).appendMessage("x"); }
export const other = (a: string, b: string) => withSessionWriteLock(a, () => append(b));`,
      reports: ["require-session-lock/annotatedWrongFile 5"],
    },
    {
      title: "a handle that a signature gives at once is held at once",
      body: `interface Locks {
  /** @acquires-session-lock file */
  grab(file: string): Lock;
}
export function save(locks: Locks, file: string) {
  const lock = locks.grab(file);
  if (!lock) return;
  try {
    SessionManager.open(file).appendMessage("x");
  } finally {
    lock.release();
  }
}`,
      reports: [],
    },
  ])("$title", ({ body, reports }) => {
    expect(lint(imports + body, { typescript: true })).toEqual(reports);
  });

  test("an overloaded function without tags is judged by its callers", () => {
    const body = `function append(manager: SessionManager, line: string): void;
function append(manager: SessionManager, line: unknown) { manager.appendMessage(line); }
export const good = (file: string) => withSessionWriteLock(file, () => append(SessionManager.open(file), "x"));
export const bad = (file: string) => append(SessionManager.open(file), "x");`;

    expect(lint(imports + body, { typescript: true })).toEqual(["require-session-lock/calleeNeedsLock 5"]);
  });

  test("a tag before what cannot be called, or about no parameter of a signature, is reported", () => {
    const body = `export interface Store {
  /** @requires-session-lock */
  count: number;
  /** @requires-session-lock fle */
  put(file: string): void;
  /** @requires-session-lock file */
  set: Setter;
}
/** @requires-session-lock */
export type Options = { file: string };
/** @requires-session-lock */
declare const put: unknown;`;

    expect(lint(imports + body, { typescript: true })).toEqual([
      "valid-lock-annotations/unbound 3",
      "valid-lock-annotations/unknownParameter 5",
      "valid-lock-annotations/unbound 10",
      "valid-lock-annotations/unbound 12",
    ]);
  });
});
