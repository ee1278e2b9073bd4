import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { Linter } from "eslint";
import { describe, expect, test } from "vitest";
import { plugin } from "../../src/plugin.ts";
import { lint, lintMessages } from "../lint.ts";
import { blocksOf, root } from "./pages.ts";

const require = createRequire(import.meta.url);
const folder = path.join(root, "docs/rules");

interface Example {
  readonly rule: string;
  readonly section: string;
  readonly title: string;
  readonly code: string;
}

const examples = readdirSync(folder).flatMap((file) => readExamples(path.basename(file, ".md")));

test("every rule has a page, and every page a rule", () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(plugin.rules)
      .map((rule) => `${rule}.md`)
      .sort(),
  );
});

test("every code block of a rule's page is an example under Incorrect or Correct, but for one of options", () => {
  const sections = ["Incorrect", "Correct"];
  const blocks = readdirSync(folder).flatMap((file) => blocksOf(`docs/rules/${file}`));

  const others = blocks.filter(
    ({ code }) => !examples.some((example) => example.code === code && sections.includes(example.section)),
  );

  expect(others.map(({ page, language }) => `${page} ${language}`)).toEqual([
    "docs/rules/valid-lock-annotations.md json",
  ]);
});

test("the option on the page of valid-lock-annotations names the file at which settings are reported", () => {
  const [options = ""] = blocksOf("docs/rules/valid-lock-annotations.md")
    .filter(({ language }) => language === "json")
    .map(({ code }) => code);
  const config = {
    plugins: { "session-lock": plugin },
    rules: JSON.parse(options) as Linter.RulesRecord,
    settings: { "session-lock": { managers: [{ from: "./nowhere.ts", name: "Store" }] } },
    files: ["**"],
  } as Linter.Config;
  const reports = ["settings.ts", "eslint.config.js"].map((filename) =>
    new Linter().verify("export {};", config, { filename }).map(({ messageId }) => messageId),
  );

  expect(reports).toEqual([["unmatchedModule"], []]);
});

test("the generated parts of the pages and the README are up to date", async () => {
  const bin = path.join(
    path.dirname(require.resolve("eslint-doc-generator/package.json")),
    "dist/bin/eslint-doc-generator.js",
  );

  const { stderr } = await promisify(execFile)(process.execPath, [bin, "--check"], {
    cwd: root,
    timeout: 50_000,
  });

  expect(stderr).toBe("");
});

describe("an example", () => {
  test.each(examples.filter(({ section }) => section === "Incorrect"))(
    "of what $rule reports is reported: $title",
    ({ rule, code }) => {
      expect(lint(code, strict).join("\n")).toContain(rule);
    },
  );

  test.each(examples.filter(({ section }) => section === "Correct"))(
    "of what $rule accepts is accepted by every rule: $title",
    ({ code }) => {
      expect(lint(code, strict)).toEqual([]);
    },
  );
});

test("the README's report is the one that its example gives", () => {
  const text = readFileSync(path.join(root, "README.md"), "utf8");
  const section = text.slice(text.indexOf("## What a report looks like"), text.indexOf("## Rules"));
  const [code = "", report = ""] = [...section.matchAll(/```\w+\n([^]*?)```/g)].map(
    ([, block = ""]) => block,
  );

  const reports = lintMessages(code).map(
    ({ line, column, message, ruleId }) =>
      `${line}:${column} error ${message.replace(/\.$/, "")} ${ruleId ?? ""}`,
  );

  expect(reports).toEqual([report.replace(/\s+/g, " ").trim()]);
});

const strict = { config: "strict" } as const;

function readExamples(rule: string): readonly Example[] {
  const text = readFileSync(path.join(folder, `${rule}.md`), "utf8");
  return text.split(/^## /m).flatMap((part) => {
    const [section = ""] = part.split("\n", 1);
    return [...part.matchAll(/^### (.*)\n+```js\n([^]*?)```/gm)].map(([, title = "", code = ""]) => ({
      rule,
      section,
      title,
      code,
    }));
  });
}
