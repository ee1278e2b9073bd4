import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as parser from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { Linter as Linter9 } from "eslint9";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { plugin as Plugin } from "../../src/plugin.ts";
import { invalid } from "../shapes/invalid.ts";
import { preludes } from "../shapes/preludes.ts";
import { valid } from "../shapes/valid.ts";

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const [named] = preludes;
const programs = [
  ...invalid.map(({ title, body, reports }) => ({ title, code: named?.source(body) ?? body, reports })),
  ...valid.map(({ title, body }) => ({ title, code: named?.source(body) ?? body, reports: [] })),
  {
    title: "text beyond ASCII in front of a report",
    code: `import { SessionManager } from "@session-lock/transcript";
const é = "😀"; export function forget(file, message) { /* é😀 */ SessionManager.open(file)
  .appendMessage(message); }`,
    reports: ["require-session-lock/unlocked 3"],
  },
];
const expected = programs.map(({ reports }) => reports.map((report) => report.replace(/\/\w+ /, " ")));

/** Everything that every host says of a report. */
interface Report {
  readonly rule: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number | undefined;
  readonly endColumn: number | undefined;
}

/** What ESLint says besides, and the others do not. */
interface FullReport extends Report {
  readonly messageId: string | undefined;
  readonly fix: unknown;
  readonly suggestions: unknown;
}

interface AnyLinter {
  verify(code: string, config: Linter.Config): readonly Linter.LintMessage[];
}

const linters: readonly { readonly version: string; readonly linter: AnyLinter }[] = [
  { version: "10", linter: new Linter() },
  { version: "9", linter: new Linter9() },
];
const parsers = [
  { title: "its own parser", languageOptions: { ecmaVersion: 2026, sourceType: "module" } },
  { title: "the TypeScript parser", languageOptions: { parser, sourceType: "module" } },
] as const;
const built = require(path.join(dist, "index.cjs")) as typeof Plugin;

/** What ESLint 10 gives with its own parser: the others are held to it. */
const reference = programs.map(({ code }) =>
  reportsOf(new Linter(), code, built, { ecmaVersion: 2026, sourceType: "module" }),
);

test("the reports that the hosts are compared by are those of the shapes, with whole positions", () => {
  expect(reference.map((reports) => reports.map(({ rule, line }) => `${rule} ${line}`))).toEqual(expected);
  expect(reference.flat().filter(({ endLine, endColumn }) => !endLine || !endColumn)).toEqual([]);
});

describe.each(linters)("ESLint $version", ({ linter }) => {
  test.each(parsers)(
    "gives the same rules, messages, positions, fixes and suggestions with $title and the built ES module",
    async ({ languageOptions }) => {
      const { default: module } = (await import(path.join(dist, "index.mjs"))) as { default: typeof Plugin };

      const reports = programs.map(({ code }) => reportsOf(linter, code, module, languageOptions));

      expect(reports).toEqual(reference);
    },
  );

  test("gives the same with the built CommonJS module", () => {
    const reports = programs.map(({ code }) => reportsOf(linter, code, built, { sourceType: "module" }));

    expect(reports).toEqual(reference);
  });
});

describe("oxlint with jsPlugins", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "session-lock-oxlint-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("gives the same rules, messages and positions", async () => {
    await writeFile(
      path.join(folder, ".oxlintrc.json"),
      JSON.stringify({
        plugins: [],
        categories: { correctness: "off" },
        jsPlugins: [{ name: "session-lock", specifier: path.join(dist, "index.mjs") }],
        rules: built.configs.recommended.rules,
      }),
    );
    await Promise.all(programs.map(({ code }, index) => writeFile(path.join(folder, `p${index}.mjs`), code)));

    const diagnostics = await oxlint(folder);

    const reports = programs.map(({ code }, index) =>
      diagnostics
        .filter(({ filename }) => path.basename(filename) === `p${index}.mjs`)
        .map((diagnostic) => readDiagnostic(code, diagnostic))
        .sort(byPlace),
    );
    expect(reports).toEqual(reference.map((full) => full.map(common)));
  });
});

function reportsOf(
  linter: AnyLinter,
  code: string,
  plugin: typeof Plugin,
  languageOptions: object,
): readonly FullReport[] {
  const config = { ...plugin.configs.recommended, languageOptions } as Linter.Config;
  return linter
    .verify(code, config)
    .map(({ ruleId, severity, message, line, column, endLine, endColumn, messageId, fix, suggestions }) => ({
      rule: ruleId?.replace("session-lock/", "") ?? "parse error",
      severity: severity === 2 ? ("error" as const) : ("warning" as const),
      message,
      line,
      column,
      endLine,
      endColumn,
      messageId,
      fix,
      suggestions,
    }))
    .sort(byPlace);
}

function common({ rule, severity, message, line, column, endLine, endColumn }: FullReport): Report {
  return { rule, severity, message, line, column, endLine, endColumn };
}

function byPlace(left: Report, right: Report): number {
  return left.line - right.line || left.column - right.column || left.rule.localeCompare(right.rule);
}

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly severity: Report["severity"];
  readonly filename: string;
  readonly labels: readonly [
    {
      readonly span: {
        readonly line: number;
        readonly column: number;
        readonly offset: number;
        readonly length: number;
      };
    },
  ];
}

/** oxlint gives the end as a length in bytes, and no message id. */
function readDiagnostic(text: string, { code, message, severity, labels: [{ span }] }: Diagnostic): Report {
  const end = Buffer.from(text)
    .subarray(0, span.offset + span.length)
    .toString()
    .split("\n");
  return {
    rule: code.replace(/^session-lock\((.*)\)$/, "$1"),
    severity,
    message,
    line: span.line,
    column: span.column,
    endLine: end.length,
    endColumn: (end.at(-1) ?? "").length + 1,
  };
}

/** Runs the command; exit code 1 says that there are reports. */
async function oxlint(folder: string): Promise<readonly Diagnostic[]> {
  const bin = path.join(path.dirname(require.resolve("oxlint/package.json")), "bin/oxlint");
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "-f", "json"], {
    cwd: folder,
    timeout: 50_000,
    maxBuffer: 16 * 1024 * 1024,
  }).catch((error: unknown) => error as { readonly stdout: string });
  return (JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
}
