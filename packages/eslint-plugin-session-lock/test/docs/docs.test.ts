import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { plugin } from "../../src/plugin.ts";
import { lint, lintMessages } from "../lint.ts";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
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
