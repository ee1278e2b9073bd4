import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** A function that acquires in line 2, with one that it may call in line 1. */
function run(code: string): readonly string[] {
  const work = "async function work(sf, m) { await m; SessionManager.open(sf).appendMessage(m); }";
  return analyzeText(`${code.includes("work(") ? work : ""}
export async function f(sf, m) { ${code} }`);
}

const acquire = "acquireSessionWriteLock({ sessionFile: sf })";
const take = `const lock = await ${acquire};`;
const write = "SessionManager.open(sf).appendMessage(m)";

test.each([
  `return ${acquire}.then((lock) => work(sf, m).finally(() => lock.release()));`,
  `return ${acquire}.then((lock) => other(lock).finally(() => lock.release()));`,
  `return ${acquire}.then((lock) => lock.run(() => ${write}).finally(() => lock.release()));`,
  `return ${acquire}.then((lock) => work(sf, m).then(() => lock.release(), (error) => lock.release().then(() => { throw error; })));`,
  `await ${acquire}.then((lock) => work(sf, m).finally(() => lock.release()));`,
  `${take} return work(sf, m).finally(() => lock.release());`,
  `${take} return lock.run(() => work(sf, m)).finally(() => lock.release());`,
  `${take} return lock.run(() => work(sf, m)).catch((error) => log(error)).finally(() => lock.release());`,
  `${take} return (async () => { ${write}; await m; })().finally(() => lock.release());`,
  `${take} return Promise.try(() => ${write}).finally(() => lock.release());`,
  `${take} return Promise.resolve().then(() => ${write}).finally(() => lock.release());`,
  `${take} const release = () => lock.release(); await work(sf, m).finally(release);`,
  `${take} await other(lock).finally(() => lock.release());`,
])("%s releases the lock behind the work, whether that fails or not", (code) => {
  expect(run(code)).toEqual([]);
});

test.each([
  [`await ${acquire}.then((lock) => work(sf, m).then(() => lock.release()));`, "leaksOnThrow"],
  [`${take} await work(sf, m).then(() => lock.release());`, "leaksOnThrow"],
  [`${take} prepare(m); await work(sf, m).finally(() => lock.release());`, "leaksOnThrow"],
  [`${take} await work(sf, read(m)).finally(() => lock.release());`, "leaksOnThrow"],
  [`${take} await lock.run(() => work(sf, m)); await lock.release();`, "leaksOnThrow"],
  [`${take} await work(sf, m).finally(() => lock.release()); ${write};`, "released"],
])("%s is found: %s", (code, finding) => {
  expect(run(code).map((found) => found.split(" ")[0])).toEqual([finding]);
});

test("work that a chain does not wait for outlives the release in it", () => {
  const code = `${take} await Promise.resolve().then(() => { work(sf, m); }).finally(() => lock.release());`;

  expect(run(code)).toEqual(["outlives 2"]);
});

test("a function of the file that throws before it gives a promise gets no callback", () => {
  const code = (kind: string): string => `${kind} store(sf, m) { ${write}; return Promise.resolve(); }
export async function f(sf, m) { ${take} return store(sf, m).finally(() => lock.release()); }`;

  expect(analyzeText(code("function"))).toEqual(["leaksOnThrow 2"]);
  expect(analyzeText(code("async function"))).toEqual([]);
});

test("a function around a lock that it was handed releases it", () => {
  const code = `async function work(lock, m) {
  const done = () => lock.release();
  try { SessionManager.open(lock.sessionFile).appendMessage(m); } finally { await done(); }
}
export const f = async (sf, m) => { ${take} await work(lock, m); };`;

  expect(analyzeText(code)).toEqual([]);
});
