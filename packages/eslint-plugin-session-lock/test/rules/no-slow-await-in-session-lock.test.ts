import { expect, test } from "vitest";
import { lint } from "../lint.ts";

const settings = { slowCalls: [{ from: "./model.js", name: "streamModel" }] } as const;
const imports = `import { streamModel } from "./model.js";
import { withSessionWriteLock } from "session-lock";
`;

test.each([
  ["await new Promise((resolve) => setTimeout(resolve, 1000));", true],
  ["await new Promise((resolve) => { setTimeout(resolve, 1000); });", true],
  ["await globalThis.fetch(m);", true],
  ["for await (const part of streamModel(m)) use(part);", true],
  ["await new Promise((resolve) => queueMicrotask(resolve));", false],
  ["for await (const part of lines(m)) use(part);", false],
])("%s under the lock is slow: %s", (line, isSlow) => {
  const code = `${imports}export const f = (file, m) => withSessionWriteLock(file, async () => {\n${line}\n});`;
  const outside = `${imports}export async function f(m) {\n${line}\n}`;

  expect(lint(code, { config: "strict", settings })).toEqual(
    isSlow ? ["no-slow-await-in-session-lock/slow 4"] : [],
  );
  expect(lint(outside, { config: "strict", settings })).toEqual([]);
});

test("what the callback of a lock scope gives is awaited in the scope", () => {
  const code = `${imports}export const f = (file, url) => withSessionWriteLock(file, () => fetch(url));`;

  expect(lint(code, { config: "strict" })).toEqual(["no-slow-await-in-session-lock/slow 3"]);
});

test.each([
  ["an async function", `async function load(url) { return (await fetch(url)).json(); }`, "await load(m)"],
  ["a function that gives the promise", `const load = (url) => fetch(url);`, "await load(m)"],
  [
    "a function that awaits another one",
    `async function load(url) { await other(url); }\nconst other = async (url) => { for await (const part of streamModel(url)) use(part); };`,
    "await load(m)",
  ],
  [
    "a function that waits for several",
    `const load = async (urls) => { await Promise.all([idle(), fetch(urls)]); };`,
    "await load(m)",
  ],
  [
    "a function that sleeps",
    `const load = async () => { await new Promise((resolve) => setTimeout(resolve, 9)); };`,
    "await load()",
  ],
  [
    "a method of its class",
    `class Model { async ask(m) { return await this.load(m); } async load(m) { return await fetch(m); } }\nconst model = new Model();`,
    "await model.ask(m)",
  ],
])("%s of the file that is awaited under the lock is slow", (_, declaration, line) => {
  const code = `${imports}${declaration}\nexport const f = (file, m) => withSessionWriteLock(file, async () => {\n${line};\n});`;

  const reports = lint(code, { config: "strict", settings });

  expect(reports).toEqual([
    `no-slow-await-in-session-lock/slowInside ${code.split("\n").indexOf(`${line};`) + 1}`,
  ]);
});

test.each([
  ["is not awaited", `async function load(url) { await fetch(url); }`, "save(load(m))"],
  ["starts something slow and goes on", `async function load(url) { void fetch(url); }`, "await load(m)"],
  [
    "defines something slow",
    `async function load(url) { return { later: async () => await fetch(url) }; }`,
    "await load(m)",
  ],
  ["calls itself", `async function load(url) { await load(url); }`, "await load(m)"],
])("a function that %s is not slow", (_, declaration, line) => {
  const code = `${imports}${declaration}\nexport const f = (file, m) => withSessionWriteLock(file, async () => {\n${line};\n});`;

  expect(lint(code, { config: "strict", settings })).toEqual([]);
});
