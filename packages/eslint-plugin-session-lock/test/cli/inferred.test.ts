import path from "node:path";
import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { makeProject } from "./project.ts";

const locks = `import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
export async function under(file, work) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
export const scoped = (work, options) => withSessionWriteLock(options.file, work);
export async function take(params) {
  return await acquireSessionWriteLock({ sessionFile: params.file });
}
export async function takeRelease(file) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  return lock.release;
}
export default under;
`;
const chained = `import { under } from "./locks.js";
export const chained = (file, work) => under(file, work);
`;
const barrel = `export * from "./locks.js";
export { chained as around } from "./chained.js";
`;
const store = `import { SessionManager } from "@session-lock/transcript";
export const openSession = (file) => SessionManager.open(file);
export async function openLater(options) {
  return SessionManager.open(options.file);
}
export const scratch = () => SessionManager.inMemory();
export class Journal {
  #manager;
  constructor(file) {
    this.#manager = SessionManager.open(file);
  }
  /** @requires-session-lock */
  add(message) {
    this.#manager.appendMessage(message);
  }
  entries() {
    return this.#manager.getEntries();
  }
  static at(file) {
    return new Journal(file);
  }
}
export const makeJournal = (file) => new Journal(file);
export class Notes extends SessionManager {
  /** @requires-session-lock */
  note(message) {
    this.appendMessage(message);
  }
}
`;
const files = {
  "src/locks/locks.js": locks,
  "src/locks/chained.js": chained,
  "src/locks/index.js": barrel,
  "src/store.js": store,
};

interface Report {
  readonly findings: readonly {
    readonly file: string;
    readonly line: number;
    readonly messageId: string;
    readonly message: string;
    readonly witness: readonly { readonly line: number; readonly what: string }[];
  }[];
}

async function lintApp(app: string): Promise<Report["findings"]> {
  await using project = await makeProject({ ...files, "src/app.js": app });
  const { out } = await project.lint("src", "--format", "json");
  return (JSON.parse(out) as Report).findings;
}

function brief(findings: Report["findings"]): readonly string[] {
  return findings.map(({ file, line, messageId }) => `${file}:${line} ${messageId}`);
}

test("what other files open is a manager, and what they write is written here", async () => {
  const findings =
    await lintApp(`import { openSession, openLater, scratch, Journal, Notes, makeJournal } from "./store.js";
export const a = (file, message) => openSession(file).appendMessage(message);
export const b = async (file, message) => (await openLater({ file })).appendMessage(message);
export const c = (file, message) => new Journal(file).add(message);
export const d = (file, message) => Journal.at(file).add(message);
export const e = (file, message) => makeJournal(file).add(message);
export const f = (file, message) => Notes.open(file).note(message);
export const g = (file, message) => Notes.open(file).appendMessage(message);
export const h = (message) => scratch().appendMessage(message);
export const i = (file) => new Journal(file).entries();
`);

  expect(brief(findings)).toEqual([2, 3, 4, 5, 6, 7, 8].map((line) => `src/app.js:${line} unlocked`));
  expect(findings[1]?.message).toContain("writes `file` without");
});

test("what other files run under a lock is run under it, also through an index and a default export", async () => {
  const findings = await lintApp(`import { around, scoped, under } from "./locks";
import always from "./locks/locks.js";
import { Journal, openSession } from "./store.js";
export async function good(file, message) {
  await under(file, () => openSession(file).appendMessage(message));
  await around(file, () => openSession(file).appendMessage(message));
  await always(file, () => openSession(file).appendMessage(message));
  await scoped(() => Journal.at(file).add(message), { file });
}
export async function bad(file, other, message) {
  await around(file, () => openSession(other).appendMessage(message));
  await scoped(() => Journal.at(other).add(message), { file });
}
`);

  expect(brief(findings)).toEqual(["src/app.js:11 wrongFile", "src/app.js:12 wrongFile"]);
  expect(findings[1]?.message).toContain("writes `other`, but the lock that is held is for `file`");
});

test("locks that other files acquire must be released here", async () => {
  const findings = await lintApp(`import { take, takeRelease } from "./locks/index.js";
import { openSession } from "./store.js";
export async function good(file, message) {
  const lock = await take({ file });
  try {
    openSession(file).appendMessage(message);
  } finally {
    await lock.release();
  }
  const release = await takeRelease(file);
  try {
    openSession(file).appendMessage(message);
  } finally {
    await release();
  }
}
export async function leak(file, careful, message) {
  const lock = await take({ file });
  if (careful) await lock.release();
  openSession(file).appendMessage(message);
}
`);

  expect(brief(findings)).toEqual(["src/app.js:18 leaks", "src/app.js:20 notOnEveryPath"]);
  expect(findings[1]?.witness.map(({ line, what }) => `${line} ${what}`)).toEqual([
    "18 the lock is acquired",
    "19 `careful` is true",
    "19 the lock is released",
    "20 here: appendMessage",
  ]);
});

test("typed helpers that write, release or give back what they are handed do so for other files", async () => {
  await using project = await makeProject({
    "helpers.ts": `import type { SessionManager } from "@session-lock/transcript";
import { tryAcquireSessionWriteLock, type SessionWriteLock } from "session-lock";
export const done = (lock: SessionWriteLock): Promise<void> => lock.release();
export const attempt = (sessionFile: string): SessionWriteLock | undefined => tryAcquireSessionWriteLock({ sessionFile });
export function append(manager: SessionManager, message: string): void { manager.appendMessage(message); }
export const guard = (manager: SessionManager): SessionManager => manager;
`,
    "app.ts": `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock } from "session-lock";
import { append, attempt, done, guard } from "./helpers.ts";
export async function good(file: string, message: string) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try { append(SessionManager.open(file), message); } finally { await done(lock); }
  const other = attempt(file);
  if (other === undefined) return;
  try { guard(SessionManager.open(file)).appendMessage(message); } finally { await done(other); }
}
export function bad(file: string, message: string) {
  append(SessionManager.open(file), message);
  guard(SessionManager.open(file)).appendMessage(message);
  const lock = attempt(file);
}
`,
  });

  const { out } = await project.lint(".", "--format", "json");

  expect(brief((JSON.parse(out) as Report).findings)).toEqual([
    "app.ts:12 annotatedCallee",
    "app.ts:13 unlocked",
    "app.ts:14 leaks",
    "helpers.ts:5 callerMustLock",
  ]);
});

test("what the types of other files say of their functions is known here", async () => {
  await using project = await makeProject({
    "types.ts": `export interface Store {
  /** @requires-session-lock file */
  put(file: string): void;
}
/** @requires-session-lock file */
export type Put = (file: string) => void;
/** @requires-session-lock file */
export declare function append(file: string): void;
`,
    "index.ts": 'export type { Put, Store } from "./types.ts";\nexport { append } from "./types.ts";\n',
    "app.ts": `import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { append, type Put, type Store } from "./index.ts";
export const a = (store: Store, file: string) => store.put(file);
export const b = (put: Put, file: string) => put(file);
export const c = (file: string) => append(file);
export const d = (store: Store, put: Put, file: string) => withSessionWriteLock(file, () => { store.put(file); put(file); append(file); });
export class Journal implements Store {
  put(file: string) { SessionManager.open(file).appendMessage("x"); }
}
`,
  });

  const { out } = await project.lint(".", "--format", "json");

  expect(brief((JSON.parse(out) as Report).findings)).toEqual([
    "app.ts:4 annotatedCallee",
    "app.ts:5 annotatedCallee",
    "app.ts:6 annotatedCallee",
  ]);
});

test.each([
  ["puts its callback into a queue", "try { queue.push(work); } finally { await lock.release(); }"],
  ["calls it after the release", "await lock.release();\n  await work();"],
  ["does not await it", "try { work(); } finally { await lock.release(); }"],
])("a function that %s is no wrapper", async (_, body) => {
  await using project = await makeProject({
    ...files,
    "src/late.js": `import { acquireSessionWriteLock } from "session-lock";
export async function late(file, work) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  ${body}
}
`,
    "src/app.js": `import { late } from "./late.js";
import { openSession } from "./store.js";
export const save = (file, message) => late(file, () => openSession(file).appendMessage(message));
`,
  });

  const { out } = await project.lint("src", "--format", "json");

  expect(brief((JSON.parse(out) as Report).findings)).toContain("src/app.js:3 unlocked");
});

test("the rules read what was inferred from the summaries that the command writes", async () => {
  const app = `import { under } from "./locks/index.js";
import { Journal, openSession } from "./store.js";
export const good = (file, message) => under(file, () => openSession(file).appendMessage(message));
export const bad = (file, message) => new Journal(file).add(message);
`;
  await using project = await makeProject({ ...files, "src/app.js": app });
  const summaries = path.join(project.folder, "summaries.json");
  await project.lint("src", "--write-summaries", "summaries.json");

  const options = { filename: path.resolve("src/app.js"), settings: { summaries } };

  expect(lint(app, options)).toEqual(["require-session-lock/unlocked 4"]);
});
