import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const write = "SessionManager.open(sessionFile).appendMessage(m);";

test.each([
  "Boolean(lock)",
  "!!lock",
  'typeof lock === "object"',
  '"object" === typeof lock',
  'typeof lock !== "undefined"',
  "undefined !== lock",
])("a lock is released if there is one: %s", (condition) => {
  const code = `export async function f(sessionFile, p) {
  let lock; if (p) lock = await acquireSessionWriteLock({ sessionFile });
  if (${condition}) await lock.release();
}`;

  expect(analyzeText(code)).toEqual([]);
});

test.each(['typeof lock === "string"', 'typeof lock === "undefined"', "!Boolean(lock)"])(
  "a lock is kept where it is released only if there is none: %s",
  (condition) => {
    const code = `export async function f(sessionFile, p) {
  let lock; if (p) lock = await acquireSessionWriteLock({ sessionFile });
  if (${condition}) await lock?.release();
}`;

    expect(analyzeText(code)).toEqual(["leaks 2"]);
  },
);

test.each(["!!lock", "lock !== undefined", 'typeof lock === "object"'])(
  "a flag that is %s says whether the lock is held",
  (flag) => {
    const code = `export async function f(sessionFile, m) {
  const lock = tryAcquireSessionWriteLock({ sessionFile }); const isHeld = ${flag};
  if (!isHeld) return;
  try { ${write} } finally { await lock.release(); }
}`;

    expect(analyzeText(code)).toEqual([]);
  },
);

test("a flag that says that the lock is not held is the way without it", () => {
  const code = `export async function f(sessionFile, m) {
  const lock = tryAcquireSessionWriteLock({ sessionFile }); const isBusy = lock === undefined;
  if (!isBusy) await lock.release();
  else ${write}
}`;

  expect(analyzeText(code)).toContain("unlocked 4");
});

const acquire = "await acquireSessionWriteLock({ sessionFile })";

test.each([
  `await using stack = new AsyncDisposableStack(); stack.use(${acquire}); ${write}`,
  `await using stack = new AsyncDisposableStack(); const lock = stack.use(${acquire}); lock.run;
${write}`,
  `const stack = new AsyncDisposableStack();
try { stack.use(${acquire}); ${write} } finally { await stack.disposeAsync(); }`,
  `const stack = new AsyncDisposableStack(); stack.use(${acquire}); return stack;`,
])("a lock that a disposable stack uses is released with it: %s", (code) => {
  expect(analyzeText(`export async function f(sessionFile, m) {\n${code}\n}`)).toEqual([]);
});

test.each([
  "() => lock.release()",
  "async () => { await lock.release(); }",
  "lock.release",
  "lock.release.bind(lock)",
])("a lock whose release a disposable stack defers is released with it: %s", (release) => {
  const stack = `await using stack = new AsyncDisposableStack();\nconst lock = ${acquire};`;
  const code = (text: string): string => `export async function f(sessionFile, m) {\n{ ${stack} ${text} } }`;

  expect(analyzeText(code(`stack.defer(${release}); ${write}`))).toEqual([]);
  expect(analyzeText(code("stack.defer(() => console.log(lock.epoch));"))).toContain("leaks 3");
  expect(analyzeText(code(`stack.defer(${release}); ${write} }\n{ ${write}`))).toEqual(["released 4"]);
});

test("a lock in a stack that nobody disposes of is not released", () => {
  const code = `const stack = new AsyncDisposableStack();\nstack.use(${acquire});`;

  expect(analyzeText(`export async function f(sessionFile) {\n${code}\n}`)).toEqual(["leaks 3"]);
});

test("what is written after the stack's block has no lock", () => {
  const code = `{ await using stack = new AsyncDisposableStack(); stack.use(${acquire}); ${write} }\n${write}`;

  expect(analyzeText(`export async function f(sessionFile, m) {\n${code}\n}`)).toEqual(["released 3"]);
});

test("a variable that was given another file's lock holds that file's", () => {
  const code = `export async function f(a, b, m) {
  let lock = await acquireSessionWriteLock({ sessionFile: a });
  try {
    SessionManager.open(a).appendMessage(m);
    await lock.release();
    lock = await acquireSessionWriteLock({ sessionFile: b });
    SessionManager.open(b).appendMessage(m);
    SessionManager.open(a).appendMessage(m);
  } finally { await lock.release(); }
}`;

  expect(analyzeText(code)).toEqual(["wrongFile 8"]);
});

test("a lock whose variable is given another one is held on, and leaks", () => {
  const code = `export async function f(a, b, m) {
  let lock = await acquireSessionWriteLock({ sessionFile: a });
  lock = await acquireSessionWriteLock({ sessionFile: b });
  try { SessionManager.open(a).appendMessage(m); } finally { await lock.release(); }
}`;

  expect(analyzeText(code)).toEqual(["leaks 2", "leaksOnThrow 2"]);
});

test("a second release is a mistake where the lock is released already on every way, and harmless elsewhere", () => {
  const release = (condition: string): string => `export async function f(sessionFile, p, m) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { ${write} } finally { ${condition} await lock.release(); }
  await lock.release();
}`;

  expect(analyzeText(release(""))).toEqual(["releasedTwice 4"]);
  expect(analyzeText(release("if (p)"))).toEqual(["leaksOnThrow 2"]);
});
