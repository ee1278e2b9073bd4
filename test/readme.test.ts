import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ESLint } from "eslint";
import sessionLock from "eslint-plugin-session-lock";
import { afterAll, beforeAll, expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");
const run = promisify(execFile);
let folder: string;
let examples: readonly string[];
let programs: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "readme-"));
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
  const readme = await readFile(path.join(repository, "README.md"), "utf8");
  examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
  programs = examples.filter((code) => code.startsWith("import "));
  await Promise.all(programs.map((code, at) => writeFile(path.join(folder, `example-${at}.ts`), code)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the README's programs are one for each package that is imported", () => {
  expect(programs).toHaveLength(3);
});

test("the README's programs pass the type checker", async () => {
  const config = {
    extends: path.join(repository, "tsconfig.json"),
    compilerOptions: { typeRoots: [] as string[] },
  };
  config.compilerOptions.typeRoots.push(path.join(repository, "node_modules/@types"));
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ ...config, include: ["*.ts"] }));

  const tsc = path.join(repository, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", folder]);

  expect(stdout).toBe("");
});

test("the README's programs run to their end, in an empty folder", async () => {
  for (const at of programs.keys()) {
    const { stderr } = await run(process.execPath, [`example-${at}.ts`], { cwd: folder, timeout: 60_000 });
    expect(stderr).toBe("");
  }
});

test("the README's unlocked write is reported where the README draws the marks", async () => {
  const [write = "", marks = ""] = (examples.find((code) => code.includes("~~~")) ?? "").split("\n");
  const header =
    'import { SessionManager } from "@session-lock/transcript";\nexport function note(file, message) {\n';
  const eslint = new ESLint({ overrideConfigFile: true, baseConfig: [sessionLock.configs.recommended] });

  const [result] = await eslint.lintText(`${header}${write}\n}\n`, { filePath: "note.js" });

  expect(result?.messages.map(({ ruleId, line, column }) => ({ ruleId, line, column }))).toEqual([
    { ruleId: "session-lock/require-session-lock", line: 3, column: marks.indexOf("~") + 1 },
  ]);
});
