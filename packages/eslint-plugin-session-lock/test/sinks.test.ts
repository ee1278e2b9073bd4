import { expect, test } from "vitest";
import { lint } from "./lint.ts";

const settings = {
  sinks: [{ from: "./src/lines.ts", name: "replaceLines", resource: "path", rewrites: true }],
  readers: [{ from: "./src/lines.ts", name: "readLines" }],
  asserts: [{ from: "./src/lines.ts", name: "assertLocked", resource: 0 }],
} as const;

const imports = `import { assertLocked, readLines, replaceLines } from "./lines.ts";
import { acquireSessionWriteLock } from "session-lock";
`;

test("a sink of the project is a raw write of whatever file it is given", () => {
  const code = `${imports}export const clear = (file) => replaceLines({ path: file, lines: [] });`;

  expect(lint(code, { settings, filename: "src/clear.ts" })).toEqual([
    "no-raw-transcript-write/rawUnlocked 3",
  ]);
});

test("a reader of the project gives what ages when a lock is acquired after it", () => {
  const code = `${imports}export async function trim(file) {
  const lines = await readLines(file);
  await using lock = await acquireSessionWriteLock({ sessionFile: file });
  await replaceLines({ path: file, lines: lines.slice(-5) });
}`;

  expect(lint(code, { settings, filename: "src/trim.ts" })).toEqual(["no-stale-session-manager/staleRead 6"]);
});

test("an assertion of the project holds the lock after it", () => {
  const code = `${imports}export async function clear(file) {
  assertLocked(file);
  await replaceLines({ path: file, lines: [] });
}`;

  expect(lint(code, { settings, filename: "src/clear.ts" })).toEqual([]);
});
