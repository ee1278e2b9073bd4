export interface Case {
  readonly title: string;
  /** Its first line is line 2 of the file. */
  readonly body: string;
  readonly reports: readonly string[];
}

export const requires: readonly Case[] = [
  {
    title: "is believed in the body, for any file when it names none",
    body: `/** @requires-session-lock */
export function append(sessionFile, message) { SessionManager.open(sessionFile).appendMessage(message); }`,
    reports: [],
  },
  {
    title: "is checked where the function is called",
    body: `/** @requires-session-lock */
export async function append(sessionFile, message) { await elsewhere(sessionFile, message); }
export async function save(sessionFile, message) { await append(sessionFile, message); }`,
    reports: ["require-session-lock/annotatedCallee 4"],
  },
  {
    title: "is met by a lock scope around the call",
    body: `/** @requires-session-lock */
export async function append(sessionFile, message) { await elsewhere(sessionFile, message); }
export const save = (file, message) => withSessionWriteLock(file, () => append(file, message));`,
    reports: [],
  },
  {
    title: "names a parameter, and a call with another file than the locked one is reported",
    body: `/** @requires-session-lock sessionFile - the callers hold it */
export function append(sessionFile, message) { SessionManager.open(sessionFile).appendMessage(message); }
export async function copy(from, to, message) {
  await withSessionWriteLock(from, () => append(to, message));
  await withSessionWriteLock(to, () => append(to, message));
}`,
    reports: ["require-session-lock/annotatedWrongFile 5"],
  },
  {
    title: "names a property of a parameter, read from the call's object literal",
    body: `/** @requires-session-lock params.sessionFile */
function append(params) { SessionManager.open(params.sessionFile).appendMessage(params.message); }
export async function copy(from, to, message) {
  await withSessionWriteLock(to, () => append({ sessionFile: to, message }));
  await withSessionWriteLock(from, () => append({ sessionFile: to, message }));
}`,
    reports: ["require-session-lock/annotatedWrongFile 6"],
  },
  {
    title: "names a destructured parameter",
    body: `/** @requires-session-lock sessionFile */
function append({ sessionFile, other, message }) {
  SessionManager.open(sessionFile).appendMessage(message);
  SessionManager.open(other).appendMessage(message);
}
export const save = (sessionFile, other) => withSessionWriteLock(sessionFile, () => append({ sessionFile, other }));`,
    reports: ["require-session-lock/wrongFile 5"],
  },
  {
    title: "speaks of a method, and of the file in a field",
    body: `export class Store {
  constructor(sessionFile) { this.sessionFile = sessionFile; }
  /** @requires-session-lock this.sessionFile */
  write(message) { SessionManager.open(this.sessionFile).appendMessage(message); }
  async save(message) { await withSessionWriteLock(this.sessionFile, () => this.write(message)); }
  async forget(message) { this.write(message); }
}`,
    reports: ["require-session-lock/annotatedCallee 7"],
  },
  {
    title: "speaks of an arrow function in a constant",
    body: `/** @requires-session-lock */
const append = (file, message) => SessionManager.open(file).appendMessage(message);
export const save = (file, message) => append(file, message);`,
    reports: ["require-session-lock/annotatedCallee 4"],
  },
  {
    title: "does not reach into a callback that runs later",
    body: `/** @requires-session-lock */
export function later(file, message) { setTimeout(() => SessionManager.open(file).appendMessage(message), 5); }`,
    reports: ["require-session-lock/callback 3"],
  },
];

export const acquires: readonly Case[] = [
  {
    title: "makes the caller the one who releases",
    body: `/** @acquires-session-lock file */
async function lockFor(file) { return registry.lock(file); }
export async function save(file, message) {
  const lock = await lockFor(file);
  try {
    SessionManager.open(file).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
    reports: [],
  },
  {
    title: "has its lock released on every way out by the caller",
    body: `/** @acquires-session-lock file */
async function lockFor(file) { return registry.lock(file); }
export async function save(file, message) {
  const lock = await lockFor(file);
  SessionManager.open(file).appendMessage(message);
  await lock.release();
}`,
    reports: ["release-session-lock/leaksOnThrow 5"],
  },
  {
    title: "holds nothing before the result is awaited",
    body: `/** @acquires-session-lock file */
async function lockFor(file) { return registry.lock(file); }
export async function save(file, message) {
  const lock = lockFor(file);
  SessionManager.open(file).appendMessage(message);
  await (await lock).release();
}`,
    reports: ["require-session-lock/notAwaited 6"],
  },
  {
    title: "is for the file that it names",
    body: `/** @acquires-session-lock options.file */
async function lockFor(options) { return registry.lock(options); }
export async function save(a, b, message) {
  await using lock = await lockFor({ file: a });
  SessionManager.open(b).appendMessage(message);
}`,
    reports: ["require-session-lock/wrongFile 6"],
  },
  {
    title: "waits for itself when the caller holds the lock already",
    body: `/** @acquires-session-lock file */
async function lockFor(file) { return registry.lock(file); }
export async function save(file, message) {
  await using outer = await lockFor(file);
  await using inner = await lockFor(file);
}`,
    reports: ["no-nested-session-lock/nested 6"],
  },
  {
    title: "lets its own body end with the lock held, but not with an exception",
    body: `/** @acquires-session-lock sessionFile */
export async function begin(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  notify(sessionFile);
  registry.current = () => lock.release();
}`,
    reports: ["release-session-lock/leaksOnThrow 4"],
  },
  {
    title: "lets its own body end with the lock held",
    body: `/** @acquires-session-lock sessionFile */
export async function begin(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  held = true;
}`,
    reports: [],
  },
];

export const releases: readonly Case[] = [
  {
    title: "ends the duty of the caller",
    body: `/** @releases-session-lock lock */
async function finish(lock, note) { try { await log(note); } finally { await lock.release(); } }
export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await finish(lock, "saved");
  }
}`,
    reports: [],
  },
  {
    title: "leaves no lock to write under",
    body: `/** @releases-session-lock */
async function finish(lock) { await lock.release(); }
export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await finish(lock);
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/released 7"],
  },
  {
    title: "is checked in the body",
    body: `/** @releases-session-lock lock */
export async function finish(lock, note) {
  await log(note);
  await lock.release();
}`,
    reports: ["release-session-lock/keepsGiven 3"],
  },
  {
    title: "is checked in the body on each early return",
    body: `/** @releases-session-lock lock */
export async function finish(lock, quick) {
  if (quick) return;
  await lock.release();
}`,
    reports: ["release-session-lock/keepsGiven 3"],
  },
  {
    title: "names a lock inside an object",
    body: `/** @releases-session-lock state.lock */
async function finish(state) { await state.lock.release(); }
export async function save(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await finish({ lock, message });
  }
}`,
    reports: [],
  },
  {
    title: "holds the lock in the body until it is released",
    body: `/** @releases-session-lock lock */
export async function finish(lock, message) {
  try {
    SessionManager.open(lock.sessionFile).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
    reports: [],
  },
  {
    title: "makes a second release a second one",
    body: `/** @releases-session-lock lock */
async function finish(lock) { await lock.release(); }
export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await finish(lock);
  await lock.release();
}`,
    reports: ["release-session-lock/releasedTwice 7"],
  },
];

export const asserts: readonly Case[] = [
  {
    title: "holds the lock after the call",
    body: `/** @asserts-session-lock file */
export function mustHold(file) { if (!table.has(file)) throw new Error("unlocked"); }
export function append(file, message) {
  mustHold(file);
  SessionManager.open(file).appendMessage(message);
}`,
    reports: [],
  },
  {
    title: "says nothing of the way on which it throws",
    body: `/** @asserts-session-lock file */
export function mustHold(file) { if (!table.has(file)) throw new Error("unlocked"); }
export function append(file, message) {
  try { mustHold(file); } catch { report(file); }
  SessionManager.open(file).appendMessage(message);
}`,
    reports: ["require-session-lock/notOnEveryPath 6"],
  },
  {
    title: "is for the file that it names",
    body: `/** @asserts-session-lock file */
export function mustHold(file) { if (!table.has(file)) throw new Error("unlocked"); }
export function append(a, b, message) {
  mustHold(a);
  SessionManager.open(b).appendMessage(message);
}`,
    reports: ["require-session-lock/wrongFile 6"],
  },
  {
    title: "ends with the release of the lock",
    body: `/** @asserts-session-lock */
export function mustHold() { if (!locked) throw new Error("unlocked"); }
export async function append(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { mustHold(); } finally { await lock.release(); }
  SessionManager.open(sessionFile).appendMessage(message);
}`,
    reports: ["require-session-lock/released 7"],
  },
  {
    title: "is not needed by the handle's own check, which leaves a manager fresh",
    body: `export async function append(sessionFile, message) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  const sessionManager = SessionManager.open(sessionFile);
  lock.assertHeld();
  sessionManager.appendMessage(message);
}`,
    reports: [],
  },
];

export const wrapper: readonly Case[] = [
  {
    title: "runs its callback under the lock of its first argument",
    body: `/** @session-lock-wrapper */
export async function locked(file, work) { return queue.run(file, work); }
export const save = (file, message) => locked(file, () => SessionManager.open(file).appendMessage(message));`,
    reports: [],
  },
  {
    title: "takes the file and the callback where it says",
    body: `/** @session-lock-wrapper callback=0 resource=params.sessionFile */
export async function locked(work, params) { return queue.run(params, work); }
export const save = (file, message) =>
  locked(() => SessionManager.open(file).appendMessage(message), { sessionFile: file });
export const copy = (a, b, message) =>
  locked(() => SessionManager.open(b).appendMessage(message), { sessionFile: a });`,
    reports: ["require-session-lock/wrongFile 7"],
  },
  {
    title: "names the callback by its parameter",
    body: `/** @session-lock-wrapper callback=work resource=file */
export async function locked(priority, file, work) { return queue.run(priority, file, work); }
export const save = (file, message) => locked(1, file, () => SessionManager.open(file).appendMessage(message));`,
    reports: [],
  },
  {
    title: "is a scope that must be awaited",
    body: `/** @session-lock-wrapper */
export async function locked(file, work) { return queue.run(file, work); }
export function save(file, message) { locked(file, () => SessionManager.open(file).appendMessage(message)); }`,
    reports: ["no-escaping-session-lock/floating 4"],
  },
  {
    title: "without the tag, a queue that cannot be seen through is unknown code",
    body: `export async function locked(file, work) { return queue.run(file, work); }
export const save = (file, message) => locked(file, () => SessionManager.open(file).appendMessage(message));`,
    reports: ["require-session-lock/unlocked 3"],
  },
  {
    title: "speaks of a method",
    body: `export class Queue {
  /** @session-lock-wrapper callback=1 */
  async run(file, work) { return this.#enqueue(file, work); }
  async save(file, message) { await this.run(file, () => SessionManager.open(file).appendMessage(message)); }
  #enqueue(file, work) { return jobs.push({ file, work }); }
}`,
    reports: [],
  },
];

export const owns: readonly Case[] = [
  {
    title: "lets the function write its files without a lock",
    body: `/** @owns-session-file - a scratch file of this test alone */
export function simulate(file, message) { SessionManager.open(file).appendMessage(message); }`,
    reports: [],
  },
  {
    title: "is for the file that it names",
    body: `/** @owns-session-file scratch */
export function copy(scratch, shared, message) {
  SessionManager.open(scratch).appendMessage(message);
  SessionManager.open(shared).appendMessage(message);
}`,
    reports: ["require-session-lock/wrongFile 5"],
  },
  {
    title: "holds in callbacks that run later as well",
    body: `/** @owns-session-file */
export function later(file, message) { setTimeout(() => SessionManager.open(file).appendMessage(message), 5); }`,
    reports: [],
  },
  {
    title: "asks nothing of the callers",
    body: `/** @owns-session-file */
function simulate(file, message) { SessionManager.open(file).appendMessage(message); }
export function test(message) { simulate("/tmp/scratch", message); }`,
    reports: [],
  },
];
