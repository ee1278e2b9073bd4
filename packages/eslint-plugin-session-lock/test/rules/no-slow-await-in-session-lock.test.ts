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
