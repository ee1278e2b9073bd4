import { runInNewContext } from "node:vm";
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import { plugin } from "../../src/plugin.ts";
import { lintMessages } from "../lint.ts";

const imports = `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
`;
const around = (body: string): string => `${imports}async function main(file, log) {\n${body}\n}\n`;
const open = `  const s = SessionManager.open(file);\n`;
const write = `\n  s.appendMessage("m");`;

/** Runs the program, and gives what it logged, returned and threw. */
async function run(code: string): Promise<readonly unknown[]> {
  const logged: unknown[] = [];
  const log = (what: unknown): number => logged.push(what);
  const library = {
    SessionManager: { open: () => ({ appendMessage: (what: unknown) => log(`wrote ${String(what)}`) }) },
    acquireSessionWriteLock: () => ({ release: () => undefined }),
    withSessionWriteLock: (_file: string, work: (lock: unknown) => unknown) => work({}),
  };
  const program = code.replaceAll(/^import .*$/gm, "");
  const result: unknown = await runInNewContext(`${program}\nmain("a.jsonl", log).catch(String)`, {
    ...library,
    log,
  });
  return [...logged, result];
}

const generator = `async function* all() { yield 1; yield 2; }`;
const disposable = `{ async [Symbol.asyncDispose]() { log("gone"); } }`;

describe("the suggestions for a write without a lock keep what the section means", () => {
  test.each([
    ["nothing else", `${open}${write}`, ["wrap", "acquire"]],
    [
      "a loop that awaits",
      `${open}  for await (const x of all()) log(x);${write}\n${generator}`,
      ["wrap", "acquire"],
    ],
    ["a resource in a block", `${open}  { await using r = ${disposable}; }${write}`, ["wrap", "acquire"]],
    [
      "a resource of its own, at the end",
      `${open}  await using r = ${disposable};${write}`,
      ["wrap", "acquire"],
    ],
    ["a resource that others rely on", `${open}  await using r = ${disposable};${write}\n  log("end");`, []],
    [
      "a resource of a loop",
      `${open}  for (await using r of [${disposable}]) log(1);${write}`,
      ["wrap", "acquire"],
    ],
    ["a var that is used behind it", `${open}  if (log) { var x = 1; }${write}\n  return x;`, []],
    [
      "a constant that a function before it uses",
      `  const f = () => s;\n${open}${write}\n  log(typeof f());`,
      [],
    ],
    ["a function that is called before it", `  log(f());\n${open}  function f() { return 1; }${write}`, []],
    ["a class that is used behind it", `${open}  class C {}${write}\n  return typeof C;`, []],
    [
      "a break out of it",
      `  for (const x of [1, 2]) {\n${open}    if (x === 1) break;${write}\n  }`,
      ["acquire"],
    ],
    [
      "a continue out of it",
      `  for (const x of [1, 2]) {\n${open}  if (x === 1) continue;${write}\n  }`,
      ["acquire"],
    ],
    [
      "a continue in a switch",
      `  for (const x of [1, 2]) {\n${open}  switch (x) { case 1: continue; }${write}\n  }`,
      ["acquire"],
    ],
    ["a break in a switch", `${open}  switch (file) { default: break; }${write}`, ["wrap", "acquire"]],
    [
      "a label inside",
      `${open}  a: for (const x of [1, 2]) { for (;;) continue a; }${write}`,
      ["wrap", "acquire"],
    ],
    [
      "a label outside",
      `  a: for (const x of [1, 2]) {\n  for (;;) {\n${open}  if (x) continue a;${write}\n  } }`,
      ["acquire"],
    ],
    ["a return", `${open}  if (file === "b") return 5;${write}`, ["acquire"]],
    ["a return of an inner function", `${open}  log((() => { return 5; })());${write}`, ["wrap", "acquire"]],
    ["the arguments", `${open}  log(arguments.length);${write}`, ["wrap", "acquire"]],
    ["this and new.target", `${open}  log(typeof this + typeof new.target);${write}`, ["wrap", "acquire"]],
    ["a text of two lines", `${open}  log(\`a\n  b\${file}\nc\`);${write}`, ["wrap", "acquire"]],
    ["a comment at its end", `${open}  log(1); // why${write}`, ["wrap", "acquire"]],
  ])("%s", async (_, body, expected) => {
    const code = around(body);
    const [message] = lintMessages(code).filter(({ messageId }) => messageId === "unlocked");
    const suggestions = message?.suggestions ?? [];
    const before = await run(code);

    expect(suggestions.map(({ messageId }) => messageId)).toEqual(expected);
    for (const { fix } of suggestions) {
      const changed = code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1]);
      expect(await run(changed), changed).toEqual(before);
      expect(
        lintMessages(changed).filter(({ fatal, messageId }) => fatal === true || messageId === "unlocked"),
      ).toEqual([]);
    }
  });

  test("a super call moves along, and a generator is offered nothing", () => {
    const method = `${imports}export class B extends A { async f(file) {\n${open}  super.f();${write}\n} }`;
    const yields = `${imports}export async function* g(file) {\n${open}  yield 1;${write}\n}`;
    const offered = (code: string): readonly (string | undefined)[] =>
      lintMessages(code).flatMap(({ suggestions = [] }) => suggestions.map(({ messageId }) => messageId));

    expect(offered(method)).toEqual(["wrap", "acquire"]);
    expect(offered(yields)).toEqual([]);
  });

  test("an export cannot stand in a block", () => {
    const [message] = lintMessages(`${imports}${open}export const x = 1;${write}`.replace("(file)", `("a")`));

    expect(message?.suggestions).toBeUndefined();
  });

  test.each([
    ["a parameter", `async function main(file, withSessionWriteLock, acquireSessionWriteLock) {`],
    [
      "a type",
      `import type { withSessionWriteLock, acquireSessionWriteLock } from "session-lock";\nasync function main(file) {`,
    ],
  ])("nothing is offered where the name of the lock is that of %s", (_, head) => {
    const code = `import { SessionManager } from "@session-lock/transcript";\n${head}\n${open}${write}\n}`;
    const [message] = lintMessages(code, { typescript: true });

    expect(message?.messageId).toBe("unlocked");
    expect(message?.suggestions).toBeUndefined();
  });

  test("a script gets a require, which does not come twice", () => {
    const code = `const { SessionManager } = require("@session-lock/transcript");
exports.main = async (file) => {\n  SessionManager.open(file).appendMessage("m");\n};`;
    const apply = (text: string): string => {
      const [message] = new Linter().verify(text, [
        { ...plugin.configs.recommended, languageOptions: { sourceType: "commonjs" } },
      ]);
      const fix = message?.suggestions?.[0]?.fix;
      return fix === undefined ? text : text.slice(0, fix.range[0]) + fix.text + text.slice(fix.range[1]);
    };

    expect(apply(code)).toContain(`const { withSessionWriteLock } = require("session-lock");\n`);
    expect(apply(apply(code) + code.replace("main", "more").replace(/^.*\n/, ""))).toBe(
      `const { withSessionWriteLock } = require("session-lock");\n${code.replace(/ {2}Sess.*/, (line) => wrapped(line))}${wrapped(code.replace("main", "more").replace(/^.*\n/, ""))}`,
    );
  });
});

function wrapped(code: string): string {
  return code.replace(/ {2}(Sess.*)/, "  await withSessionWriteLock(file, () => {\n    $1\n  });");
}

describe("the fix of prefer-with-session-lock keeps what the program means", () => {
  const acquire = "  const lock = await acquireSessionWriteLock({ sessionFile: file });";
  const release = "finally { await lock.release(); }";

  test.each([
    [
      "a loop that awaits",
      `${acquire}\n  try { for await (const x of all()) log(x); } ${release}\n${generator}`,
      true,
    ],
    ["a resource", `${acquire}\n  try { await using r = ${disposable}; log(1); } ${release}`, true],
    ["a var that leaves", `${acquire}\n  try { var x = 1; } ${release}\n  return x;`, false],
    ["a var that stays", `${acquire}\n  try { var x = 1; log(x); } ${release}`, true],
    [
      "a handle that a function before it reads",
      `  const f = () => lock;\n${acquire}\n  try { log(1); } ${release}`,
      undefined,
    ],
    [
      "a continue of a loop around it in a switch",
      `  for (const x of [1, 2]) {\n${acquire}\n  try { switch (x) { case 1: continue; } log(x); } ${release} }`,
      false,
    ],
    [
      "a labelled loop",
      `${acquire}\n  try { a: for (const x of [1]) { for (;;) continue a; } } ${release}`,
      true,
    ],
    [
      "a file in brackets",
      `${acquire.replace("file }", `(log(1), file) }`)}\n  try { log(2); } ${release}`,
      false,
    ],
    [
      "a comment in the acquire",
      `${acquire.replace("{", "{ /* why */")}\n  try { log(2); } ${release}`,
      false,
    ],
    ["a comment between", `${acquire} // why\n  try { log(2); } ${release}`, false],
    [
      "a comment in the finally",
      `${acquire}\n  try { log(2); } finally { /* why */ await lock.release(); }`,
      false,
    ],
    ["a comment in the try", `${acquire}\n  try { log(2); /* why */ } ${release}`, true],
    [
      "a comment in an option",
      `${acquire.replace(" }", ", onLost: () => { /* why */ } }")}\n  try { log(2); } ${release}`,
      true,
    ],
    ["a comment before it", `  // why\n${acquire}\n  try { log(2); } ${release}`, true],
  ])("%s", async (_, body, isFixed) => {
    const code = around(body);
    const [message] = new Linter().verify(code, [
      { plugins: { "session-lock": plugin }, rules: { "session-lock/prefer-with-session-lock": "error" } },
    ]);
    const fix = message?.fix;
    const changed =
      fix === undefined ? code : code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1]);

    expect(message === undefined ? undefined : fix !== undefined).toBe(isFixed);
    expect(changed.match(/why/g)).toEqual(code.match(/why/g));
    expect(await run(changed), changed).toEqual(await run(code));
  });
});
