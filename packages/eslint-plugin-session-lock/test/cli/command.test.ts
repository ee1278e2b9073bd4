import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { compileGlob } from "../../src/cli/find-files.ts";
import { command, conditional, makeProject, unlocked } from "./project.ts";

test("findings are printed by file without colours where there is no terminal", async () => {
  await using project = await makeProject({ "src/a.js": unlocked, "src/clean.js": "export {};\n" });

  const { code, out, err } = await project.lint("src/**/*.js");

  expect(out).toBe(`
src/a.js
  3:29  error  \`appendMessage()\` writes \`file\` without its session write lock (opened at 3:3). Open and write it inside \`withSessionWriteLock()\`.  session-lock/require-session-lock

2 files: 1 error, 0 warnings
`);
  expect(err).toBe("");
  expect(code).toBe(1);
});

test("the JSON report has the way that leads to a finding", async () => {
  await using project = await makeProject({ "b.js": conditional });

  const { out } = await project.lint("b.js", "--format", "json");

  const { findings } = JSON.parse(out) as { findings: { witness: { line: number; what: string }[] }[] };
  expect(findings.map(({ witness }) => witness.map(({ line, what }) => `${line} ${what}`))).toEqual([
    ["5 `careful` is false", "7 here: appendMessage"],
  ]);
});

test("a file that cannot be parsed is trouble, and the others are linted all the same", async () => {
  await using project = await makeProject({ "a.js": unlocked, "broken.js": "export const = 1;\n" });

  const { code, out } = await project.lint(".");

  expect(out).toContain("cannot read broken.js:1:14");
  expect(out).toContain("2 files: 1 error, 0 warnings; 1 file could not be read");
  expect(code).toBe(2);
});

test("suppressions in the file count, and rules of others do not disturb", async () => {
  const reason = "// eslint-disable-next-line session-lock/require-session-lock -- the file is ours alone\n";
  const other = "/* eslint other/rule: error */\n";
  await using project = await makeProject({
    "a.js": other + unlocked.replace("  Session", `${reason}  Session`),
  });

  const { code, out } = await project.lint("a.js");

  expect(out).toBe("1 file: 0 errors, 0 warnings\n");
  expect(code).toBe(0);
});

test("strict and the settings of a file change what is reported", async () => {
  await using project = await makeProject({
    "a.js": 'import { Store } from "./store.js";\nexport const f = (file) => Store.open(file).put(1);\n',
    "settings.json": '{"managers":[{"from":"./store.js","name":"Store","writes":["put"]}]}',
  });

  const plain = await project.lint("a.js", "--config", "strict");
  const configured = await project.lint("a.js", "--config", "strict", "--settings", "settings.json");

  expect(plain.code).toBe(0);
  expect(configured.code).toBe(1);
  expect(configured.out).toContain("`put()` writes `file` without its session write lock");
});

test.each([
  { args: [], says: "which files?" },
  { args: ["--format", "xml", "a.js"], says: '--format is one of stylish, json, sarif, not "xml"' },
  { args: ["--nonsense"], says: "Unknown option '--nonsense'" },
  { args: ["--update-baseline", "a.js"], says: "--update-baseline needs --baseline <file>" },
  { args: ["no/such/*.js"], says: 'no file to lint matches "no/such/*.js"' },
  { args: ["a.js", "--settings", "none.json"], says: "none.json cannot be read" },
  { args: ["a.js", "--settings", "list.json"], says: "are no JSON object" },
  { args: ["a.js", "--settings", "stale.json"], says: "summaries" },
  { args: ["a.js", "--output", "no/such/folder.txt"], says: "cannot write" },
])("$args is refused with exit code 2: $says", async ({ args, says }) => {
  await using project = await makeProject({
    "a.js": "export {};\n",
    "list.json": "[]",
    "stale.json": '{"summaries":"gone.json"}',
  });

  const { code, out, err } = await project.lint(...args);

  expect(err).toContain(says);
  expect(out).toBe("");
  expect(code).toBe(2);
});

test.each([
  { settings: { manager: [] }, says: 'manager is no setting; is "managers" meant?' },
  { settings: { colour: true }, says: "colour is no setting\n" },
  { settings: { presets: ["pi", "py"] }, says: "presets[1] is one of " },
  { settings: { managers: {} }, says: "managers is a list, not {}" },
  { settings: { managers: ["Store"] }, says: 'managers[0] is an object, not "Store"' },
  { settings: { managers: [{ from: "./a.js" }] }, says: 'managers[0] has no "name"' },
  {
    settings: { managers: [{ from: "./a.js", name: "A", opne: [] }] },
    says: 'managers[0].opne is no setting; is "open" meant?',
  },
  {
    settings: { acquire: [{ from: "./a.js", name: "a", resource: 1.5 }] },
    says: "acquire[0].resource is a text or a whole number, not 1.5",
  },
  {
    settings: { wrappers: [{ from: "./a.js", name: "a", reentrant: null }] },
    says: "wrappers[0].reentrant is true or false, not null",
  },
  { settings: { fileNames: [1] }, says: "fileNames[0] is a text, not 1" },
])("settings with a mistake are refused at its place: $says", async ({ settings, says }) => {
  await using project = await makeProject({
    "a.js": "export {};\n",
    "settings.json": JSON.stringify(settings),
  });

  const { code, out, err } = await project.lint("a.js", "--settings", "settings.json");

  expect(err).toContain(`settings.json: ${says}`);
  expect(out).toBe("");
  expect(code).toBe(2);
});

test("--help and --version answer on standard output", async () => {
  await using project = await makeProject({});

  const help = await project.lint("--help");
  const version = await project.lint("--version");

  expect(help.out).toContain("session-lock-lint [options] <file|folder|glob>...");
  expect(help.code).toBe(0);
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(version.code).toBe(0);
});

test("a report that cannot be written is trouble, also of a project without findings", async () => {
  await using project = await makeProject({ "a.js": "export const a = 1;\n" });
  // Standard output is open for reading only.
  const argv = ["-c", 'exec "$@" 1<"$0"', "a.js", process.execPath, command, "a.js"];
  const child = spawn("sh", argv, { cwd: project.folder, stdio: ["ignore", "ignore", "pipe"] });
  const said: Buffer[] = [];
  child.stderr.on("data", (bytes: Buffer) => said.push(bytes));

  expect(await once(child, "close")).toEqual([2, null]);
  expect(Buffer.concat(said).toString()).toMatch(/^session-lock-lint: cannot write the output: E.*\n$/);
});

test("a reader who stops early changes nothing about the exit code", async () => {
  await using project = await makeProject({ "a.js": unlocked });
  const child = spawn(process.execPath, [command, "a.js"], {
    cwd: project.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  child.stderr.on("data", (bytes: Buffer) => said.push(bytes));

  child.stdout.destroy();

  expect(await once(child, "close")).toEqual([1, null]);
  expect(Buffer.concat(said).toString()).toBe("");
});

test.each([
  { glob: "**/*.js", matches: ["a.js", "x/y/a.js"], misses: ["a.jsx", "a_js"] },
  { glob: "src/*.{ts,tsx}", matches: ["src/a.ts", "src/b.tsx"], misses: ["src/x/a.ts", "src/a.js"] },
  { glob: "a?c+.js", matches: ["abc+.js"], misses: ["ac+.js", "abcc.js", "a/c+.js"] },
])("the glob $glob matches whole paths", ({ glob, matches, misses }) => {
  const pattern = compileGlob(glob);

  expect(matches.filter((name) => !pattern.test(name))).toEqual([]);
  expect(misses.filter((name) => pattern.test(name))).toEqual([]);
});
