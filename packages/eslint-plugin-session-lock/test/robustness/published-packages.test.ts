import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Linter } from "eslint";
import { expect, test } from "vitest";
import { plugin } from "../../src/plugin.ts";

const require = createRequire(import.meta.url);

test("pi's shipped JavaScript is analysed whole, and its own manager is what writes past the lock", () => {
  const entry = fileURLToPath(import.meta.resolve("@mariozechner/pi-coding-agent"));

  const reports = lintFolder(path.dirname(entry));

  expect(reports).toEqual([
    "core/session-manager.js no-raw-transcript-write",
    "core/session-manager.js no-raw-transcript-write",
    "core/session-manager.js no-raw-transcript-write",
    "core/session-manager.js no-raw-transcript-write",
  ]);
}, 120_000);

test.each(["eslint", "@typescript-eslint/parser", "fast-check", "@typescript-eslint/utils"])(
  "the shipped JavaScript of %s has nothing to report",
  (name) => {
    expect(lintFolder(path.dirname(require.resolve(name)))).toEqual([]);
  },
  120_000,
);

/** Every report of the strict rules, as `file rule`; a rule that throws fails the test. */
function lintFolder(folder: string): readonly string[] {
  const linter = new Linter();
  return [...scripts(folder)].flatMap((file) => {
    const messages = linter.verify(
      readFileSync(file, "utf8"),
      {
        ...plugin.configs.strict,
        settings: { "session-lock": { thisFields: "require" } },
        linterOptions: { reportUnusedDisableDirectives: "off" },
        languageOptions: { ecmaVersion: "latest", sourceType: "module" },
      },
      { filename: "file.js", allowInlineConfig: false },
    );
    return messages.flatMap(({ ruleId }) =>
      ruleId === null ? [] : [`${path.relative(folder, file)} ${ruleId.replace("session-lock/", "")}`],
    );
  });
}

function* scripts(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* scripts(file);
    else if (/\.[cm]?js$/.test(entry.name)) yield file;
  }
}
