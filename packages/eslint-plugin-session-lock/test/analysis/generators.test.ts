import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** A generator that writes for each of its values, in line 1, and a function that uses it, in line 2. */
function withGenerator(code: string): readonly string[] {
  const isAsync = code.includes("await x") || code.includes("fromAsync") || code.includes("for await");
  return analyzeText(
    `${isAsync ? "async " : ""}function* all(manager, ms) { for (const m of ms) { manager.appendMessage(m); yield m; } }
export async function f(sf, ms) { ${code} }`,
  );
}

test.each([
  "for (const x of it) log(x);",
  "for await (const x of it) log(x);",
  "log([...it]);",
  "log(...it);",
  "log(Array.from(it));",
  "log(Array.from(it, (x) => x.id));",
  "log(await Array.fromAsync(it));",
  "const [first] = it; log(first);",
  "it.next();",
  "log(it.map((x) => x.id).toArray());",
  "await Promise.all(it);",
  "consume(it);",
  "return it;",
])("a generator that was made under the lock writes without it in %s behind its end", (code) => {
  const make = "const it = await withSessionWriteLock(sf, async () => all(SessionManager.open(sf), ms));";

  expect(withGenerator(`${make} ${code}`)).toEqual(["unlocked 1"]);
});

test.each([
  "for (const x of all(manager, ms)) log(x);",
  "const it = all(manager, ms); it.next(); for (const x of it) log(x);",
  "for await (const x of all(manager, ms)) log(x);",
  "return [...all(manager, ms)];",
  "return Array.from(all(manager, ms));",
  "return Array.from(all(manager, ms), (x) => x.id);",
  "return await Array.fromAsync(all(manager, ms));",
  "const [first] = all(manager, ms); return first;",
  "return all(manager, ms).map((x) => x.id).toArray();",
  "await Promise.all(all(manager, ms));",
  "return new Set(all(manager, ms));",
  "await consume(all(manager, ms));",
  "all(manager, ms);",
])("%s in the lock's scope writes under the lock, if at all", (code) => {
  const scope = `await withSessionWriteLock(sf, async () => { const manager = SessionManager.open(sf); ${code} });`;

  expect(withGenerator(scope)).toEqual([]);
});

test("a generator that goes through another runs it where it is itself gone through", () => {
  const code = (
    use: string,
  ): string => `function* all(manager, ms) { for (const m of ms) yield manager.appendMessage(m); }
function* twice(manager, ms) { yield* all(manager, ms); yield* all(manager, ms); }
export async function f(sf, ms) { ${use} }`;
  const scope = "withSessionWriteLock(sf, () =>";

  expect(analyzeText(code(`await ${scope} [...twice(SessionManager.open(sf), ms)]);`))).toEqual([]);
  expect(
    analyzeText(code(`const it = await ${scope} twice(SessionManager.open(sf), ms)); log([...it]);`)),
  ).toEqual(["unlocked 1"]);
});

test("a generator that is made before the lock is acquired opens its file where it is gone through", () => {
  const late = "const it = all(sf, ms); return withSessionWriteLock(sf, () => [...it]);";

  expect(
    analyzeText(`function* all(sf, ms) { for (const m of ms) yield SessionManager.open(sf).appendMessage(m); }
export const f = (sf, ms) => { ${late} };`),
  ).toEqual([]);
  expect(withGenerator(late.replace("(sf, ms)", "(SessionManager.open(sf), ms)"))).toEqual(["stale 1"]);
});

test("a generator that is a method is gone through like any other", () => {
  const code = `class Writer {
  constructor(file) { this.file = file; }
  *write(ms) { for (const m of ms) yield SessionManager.open(this.file).appendMessage(m); }
  run(ms) { return withSessionWriteLock(this.file, () => [...this.write(ms)]); }
  async late(ms) { const it = await withSessionWriteLock(this.file, () => this.write(ms)); log([...it]); }
}`;

  expect(
    analyzeText(
      code.replace(/ {2}async late.*\n/, "") + " export const w = (f, ms) => new Writer(f).run(ms);",
    ),
  ).toEqual([]);
  expect(
    analyzeText(code.replace(/ {2}run.*\n/, "") + " export const w = (f, ms) => new Writer(f).late(ms);"),
  ).toEqual(["unlocked 3"]);
});

test("an asynchronous generator that takes the lock for each value leaves no lock behind", () => {
  const code = `async function* all(sf, ms) {
  for (const m of ms) { await withSessionWriteLock(sf, () => SessionManager.open(sf).appendMessage(m)); yield m; }
}
export async function f(sf, ms) { for await (const x of all(sf, ms)) log(x); }
export const g = (sf, ms) => all(sf, ms);`;

  expect(analyzeText(code)).toEqual([]);
});

test("whoever requires the lock may return a generator to those who hold it", () => {
  const code = `function* all(manager, ms) { for (const m of ms) yield manager.appendMessage(m); }
export function entriesLocked(sf, ms) { return all(SessionManager.open(sf), ms); }`;

  expect(analyzeText(code)).toEqual([]);
});
