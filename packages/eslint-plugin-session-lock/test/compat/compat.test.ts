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
];
const expected = programs.map(({ reports }) => reports.map((report) => report.replace(/\/\w+ /, " ")));

interface Message {
  readonly ruleId: string | null;
  readonly line: number;
}

function brief({ ruleId, line }: Message): string {
  return `${ruleId?.replace("session-lock/", "") ?? "parse error"} ${line}`;
}

interface AnyLinter {
  verify(code: string, config: Linter.Config): readonly Message[];
}

const linters: readonly { readonly version: string; readonly linter: AnyLinter }[] = [
  { version: "10", linter: new Linter() },
  { version: "9", linter: new Linter9() },
];

describe.each(linters)("ESLint $version", ({ linter }) => {
  test.each([
    { title: "its own parser", languageOptions: { ecmaVersion: 2026, sourceType: "module" } },
    { title: "the TypeScript parser", languageOptions: { parser, sourceType: "module" } },
  ] as const)(
    "gives the reports of the shapes with $title and the built ES module",
    async ({ languageOptions }) => {
      const { default: built } = (await import(path.join(dist, "index.mjs"))) as { default: typeof Plugin };
      const config = { ...built.configs.recommended, languageOptions } as Linter.Config;

      const reports = programs.map(({ code }) => linter.verify(code, config).map(brief));

      expect(reports).toEqual(expected);
    },
  );

  test("gives the same with the built CommonJS module", () => {
    const built = require(path.join(dist, "index.cjs")) as typeof Plugin;
    const config = {
      ...built.configs.recommended,
      languageOptions: { sourceType: "module" },
    } as Linter.Config;

    const reports = programs.map(({ code }) => linter.verify(code, config).map(brief));

    expect(reports).toEqual(expected);
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

  test("gives the reports of the shapes", async () => {
    const built = require(path.join(dist, "index.cjs")) as typeof Plugin;
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

    const found = await oxlint(folder);

    const reports = programs.map((_, index) => found.get(`p${index}.mjs`) ?? []);
    expect(reports).toEqual(expected);
  });
});

interface OxlintOutput {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number; readonly offset: number } }[];
  }[];
}

/** Runs the command; exit code 1 says that there are reports. */
async function oxlint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const bin = path.join(path.dirname(require.resolve("oxlint/package.json")), "bin/oxlint");
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "-f", "json"], {
    cwd: folder,
    timeout: 50_000,
    maxBuffer: 16 * 1024 * 1024,
  }).catch((error: unknown) => error as { readonly stdout: string });
  const { diagnostics } = JSON.parse(stdout) as OxlintOutput;
  const byFile = new Map<string, { readonly offset: number; readonly report: string }[]>();
  for (const { code, filename, labels } of diagnostics) {
    const { line, offset } = labels[0]?.span ?? { line: 0, offset: 0 };
    const reports = byFile.get(path.basename(filename)) ?? [];
    reports.push({ offset, report: `${code.replace(/^session-lock\((.*)\)$/, "$1")} ${line}` });
    byFile.set(path.basename(filename), reports);
  }
  return new Map(
    [...byFile].map(([file, reports]) => [
      file,
      reports.sort((left, right) => left.offset - right.offset).map(({ report }) => report),
    ]),
  );
}
