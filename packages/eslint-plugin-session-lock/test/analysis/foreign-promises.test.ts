import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const write = "SessionManager.open(sf).appendMessage(m)";

/** A function that runs the code under the lock; the code is line 2. */
function under(code: string): string {
  return `export const save = (sf, ms, text) => withSessionWriteLock(sf, async () => {
${code}
});`;
}

test.each([
  `await load().then((m) => ${write});`,
  `await load().then((m) => ${write}, (m) => ${write});`,
  `await load().catch((m) => ${write});`,
  `await load().finally((m) => ${write});`,
  `await ask("x").then((r) => r.json()).then((m) => ${write}).catch((m) => ${write});`,
  `return load().then((m) => ${write});`,
  `return ms ? load().then((m) => ${write}) : undefined;`,
  `await Promise.all([load().then((m) => ${write})]);`,
  `await Promise.all(ms.map((m) => load(m).then(() => ${write})));`,
  `await ms.reduce((p, m) => p.then(() => ${write}), Promise.resolve());`,
  `await load().then(async (m) => { await m; ${write}; });`,
  `const add = () => load().then((m) => ${write}); await add();`,
  `await Array.fromAsync(ms, (m) => ${write});`,
  `text.replace(/x/, (m) => ${write}); text.replaceAll("x", (m) => ${write});`,
])("%s runs under the lock", (code) => {
  expect(analyzeText(under(code))).toEqual([]);
});

test.each([
  `load().then((m) => ${write});`,
  `void load().catch((m) => ${write});`,
  `ms.reduce((p, m) => p.then(() => ${write}), Promise.resolve());`,
  `await ms.forEach((m) => load(m).then(() => ${write}));`,
  `Array.fromAsync(ms, (m) => ${write});`,
  `const add = () => load().then((m) => ${write}); add();`,
])("%s may run after the lock is released", (code) => {
  expect(analyzeText(under(code))).toEqual(["callback 2"]);
});

test("what is returned past the release is not awaited before it", () => {
  const code = (give: string): string => `export async function save(sf) {
  const lock = await acquireSessionWriteLock({ sessionFile: sf });
  try { ${give} load().then((m) => ${write}); } finally { await lock.release(); }
}
export const all = async () => { await save("a"); };`;

  expect(analyzeText(code("return"))).toEqual(["callback 3"]);
  expect(analyzeText(code("return await"))).toEqual([]);
});
