import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import type { SessionLockSettings } from "../../src/settings.ts";

const imports = `import { SessionManager } from "@session-lock/transcript"; import { acquireSessionWriteLock, withSessionWriteLock, type SessionWriteLock } from "session-lock";\n`;

interface Case {
  readonly title: string;
  readonly body: string;
  readonly reports: readonly string[];
  readonly settings?: SessionLockSettings;
}

const cases: readonly Case[] = [
  {
    title: "an exported function that writes a manager it was handed needs an annotation",
    body: `export function append(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}`,
    reports: ["require-session-lock/callerMustLock 3"],
  },
  {
    title: "the annotation says that the callers lock",
    body: `/** @requires-session-lock */
export function append(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}`,
    reports: [],
  },
  {
    title: "the annotation may stand before a constant, a method and a default export",
    body: `/** Appends.
 * @requires-session-lock
 */
export const append = (sessionManager: SessionManager, message: Message) => sessionManager.appendMessage(message);
export class Writer {
  /** @requires-session-lock */
  append(sessionManager: SessionManager, message: Message) { sessionManager.appendMessage(message); }
}
/** @requires-session-lock */
export default function (sessionManager: SessionManager, message: Message) { sessionManager.appendMessage(message); }`,
    reports: [],
  },
  {
    title: "an annotated function that is called without the lock is reported at the call",
    body: `/** @requires-session-lock */
async function append(sessionFile: string, message: Message) { await elsewhere(sessionFile, message); }
export async function first(sessionFile: string, message: Message) { await append(sessionFile, message); }
export async function second(sessionFile: string, message: Message) {
  await withSessionWriteLock(sessionFile, () => append(sessionFile, message));
}`,
    reports: ["require-session-lock/annotatedCallee 4"],
  },
  {
    title: "an annotation that names a file holds the lock of that file only",
    body: `/** @requires-session-lock a.sessionFile */
export function copy(a: Session, b: Session, message: Message) {
  SessionManager.open(a.sessionFile).appendMessage(message);
  SessionManager.open(b.sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/wrongFile 5"],
  },
  {
    title: "a helper whose name ends in Locked is called with the lock held",
    body: `export function appendLocked(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}
export async function save(sessionFile: string, message: Message) {
  await withSessionWriteLock(sessionFile, () => appendLocked(SessionManager.open(sessionFile), message));
}`,
    reports: [],
  },
  {
    title: "a helper whose name ends in Locked is reported where it is called without the lock",
    body: `function appendLocked(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}
export async function save(sessionFile: string, message: Message) {
  appendLocked(SessionManager.open(sessionFile), message);
}`,
    reports: ["require-session-lock/calleeNeedsLock 6"],
  },
  {
    title: "the ending can be changed",
    body: `export function appendUnderLock(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}`,
    settings: { callerLockedSuffix: "UnderLock" },
    reports: [],
  },
  {
    title: "a manager typed unknown needs an annotation once it is cast",
    body: `export function append(value: unknown, message: Message) {
  (value as SessionManager).appendMessage(message);
}`,
    reports: ["require-session-lock/callerMustLock 3"],
  },
  {
    title: "a lock handed to a callee that releases it needs to be said",
    body: `import { finish } from "./finish.ts";
export async function save(sessionFile: string, message: Message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  SessionManager.open(sessionFile).appendMessage(message);
  await finish(lock);
}`,
    reports: ["release-session-lock/handedOver 4"],
  },
  {
    title: "a callee that is known to release the lock leaves only the throw before it",
    body: `import { finish } from "./finish.ts";
export async function save(sessionFile: string, message: Message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await finish(lock);
  }
}`,
    settings: { releasers: [{ from: "./test/finish.ts", name: "finish" }] },
    reports: [],
  },
  {
    title: "a helper that is called both with and without the lock is reported at the call without",
    body: `function append(sessionManager: SessionManager, message: Message) {
  sessionManager.appendMessage(message);
}
export async function first(sessionFile: string, message: Message) {
  await withSessionWriteLock(sessionFile, () => append(SessionManager.open(sessionFile), message));
}
export async function second(sessionFile: string, message: Message) {
  append(SessionManager.open(sessionFile), message);
}`,
    reports: ["require-session-lock/calleeNeedsLock 9"],
  },
  {
    title: "a parameter of the handle's type is the lock",
    body: `export function append(lock: SessionWriteLock, message: Message) {
  SessionManager.open(lock.sessionFile).appendMessage(message);
}
export function appendTo({ lock, message }: { lock: SessionWriteLock; message: Message }) {
  SessionManager.open(lock.sessionFile).appendMessage(message);
}`,
    reports: [],
  },
  {
    title: "a released handle is the lock no longer",
    body: `export async function append(lock: SessionWriteLock, message: Message) {
  await lock.release();
  SessionManager.open(lock.sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/released 4"],
  },
  {
    title: "types are followed through interfaces, aliases, unions and utilities",
    body: `interface Params { readonly sessionManager: SessionManager | undefined }
type Opened = Readonly<ReturnType<typeof SessionManager.open>>;
export function first(params: Params, message: Message) { params.sessionManager?.appendMessage(message); }
export function second(opened: Opened, message: Message) { opened.appendMessage(message); }
export function third({ sessionManager }: Params, message: Message) { sessionManager!.appendMessage(message); }
export function fourth(one: import("@session-lock/transcript").SessionManager) { one.appendMessage({}); }`,
    reports: [
      "require-session-lock/callerMustLock 4",
      "require-session-lock/callerMustLock 5",
      "require-session-lock/callerMustLock 6",
      "require-session-lock/callerMustLock 7",
    ],
  },
  {
    title: "a function that is kept out of the analysis is not reported",
    body: `/** @no-session-lock-analysis the caller runs single-threaded before the gateway starts */
export function migrate(sessionFile: string) { SessionManager.open(sessionFile).appendMessage({}); }`,
    reports: [],
  },
  {
    title: "a manager handed to a class is its owner's business, unless the settings say otherwise",
    body: `export class Agent {
  constructor(private readonly sessionManager: SessionManager) {}
  add(message: Message) { this.sessionManager.appendMessage(message); }
}`,
    reports: [],
  },
  {
    title: "a manager handed to a class is checked when the settings ask for it",
    body: `export class Agent {
  constructor(private readonly sessionManager: SessionManager) {}
  add(message: Message) { this.sessionManager.appendMessage(message); }
}`,
    settings: { thisFields: "require" },
    reports: ["require-session-lock/unlocked 4"],
  },
  {
    title: "a manager that a class opens itself is checked",
    body: `export class Store {
  readonly #sessionManager: SessionManager;
  constructor(sessionFile: string) { this.#sessionManager = SessionManager.open(sessionFile); }
  add(message: Message) { this.#sessionManager.appendMessage(message); }
}`,
    reports: ["require-session-lock/unlocked 5"],
  },
  {
    title: "classes of the project are known by their file",
    body: `import { Journal } from "../src/journal.ts";
export function add(file: string, entry: Entry) { Journal.at(file).push(entry); }`,
    settings: { managers: [{ from: "./src/journal.ts", name: "Journal", open: ["at"], writes: ["push"] }] },
    reports: ["require-session-lock/unlocked 3"],
  },
  {
    title: "a file system write of a session file is reported by its name, its ending and its manager",
    body: `import { appendFile, promises } from "node:fs";
import * as fs from "fs";
import { writeFile as write } from "fs/promises";
export async function first(sessionFile: string) { appendFile(sessionFile, "x", () => {}); }
export async function second(folder: string) { await promises.appendFile(\`\${folder}/session.jsonl\`, "x"); }
export async function third(session: Session) { fs.writeFileSync(session.transcriptPath, ""); }
export async function fourth(name: string) { await write(SessionManager.open(name).getSessionFile(), ""); }
export async function fifth(name: string) {
  await using lock = await acquireSessionWriteLock({ sessionFile: name });
  await write(name, "");
}
export async function sixth(name: string) { await write(name, ""); }`,
    reports: [
      "no-raw-transcript-write/rawUnlocked 5",
      "no-raw-transcript-write/rawUnlocked 6",
      "no-raw-transcript-write/rawUnlocked 7",
      "no-raw-transcript-write/rawUnlocked 8",
    ],
  },
  {
    title: "a process-wide re-entry is reported",
    body: `export async function save(sessionFile: string) {
  await using lock = await acquireSessionWriteLock({ sessionFile, allowReentrant: "process" });
}`,
    reports: ["no-nested-session-lock/processReentrant 3"],
  },
  {
    title: "proper-lockfile is known by its preset",
    body: `import lockfile from "proper-lockfile";
export async function save(sessionFile: string, message: Message) {
  const release = await lockfile.lock(sessionFile);
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await release();
  }
}
export async function forget(sessionFile: string) { const release = await lockfile.lock(sessionFile); }`,
    settings: { presets: ["session-lock", "proper-lockfile"] },
    reports: ["release-session-lock/leaks 11"],
  },
  {
    title: "web locks are known by their preset",
    body: `export const save = (name: string, message: Message) =>
  navigator.locks.request(name, { mode: "exclusive" }, () => SessionManager.open(name).appendMessage(message));
export const nested = (name: string) =>
  navigator.locks.request(name, () => navigator.locks.request(name, () => {}));`,
    settings: { presets: ["session-lock", "web-locks"] },
    reports: ["no-nested-session-lock/nested 5"],
  },
];

test.each(cases)("$title", ({ body, reports, settings = {} }) => {
  expect(lint(imports + body, { typescript: true, settings, filename: "test/file.ts" })).toEqual(reports);
});
