import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import type { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { conditional, locks, makeProject, unlocked, type Project } from "../cli/project.ts";
import { blocksOf, blockWith, root } from "./pages.ts";

const require = createRequire(import.meta.url);

test("every code block of the pages is one that is tried here, or in the tests of the rules' pages", () => {
  const pages = ["README.md", "docs/adopting.md", "docs/command-line.md", "docs/analysis.md"];

  const blocks = pages
    .flatMap(blocksOf)
    .map(({ page, language, code }) => `${page} ${language} ${code.split("\n", 1)[0] ?? ""}`);

  expect(blocks).toEqual([
    "README.md sh npm install --save-dev eslint eslint-plugin-session-lock",
    "README.md js // eslint.config.js",
    "README.md json // .oxlintrc.json",
    'README.md js import { SessionManager } from "@session-lock/transcript";',
    "README.md text 8:38  error  `appendMessage()` writes `sessionFile`, but the lock acquired at 6:29 is not held when `careful` is",
    "README.md js // eslint.config.js",
    "README.md sh npx session-lock-lint src --baseline .session-lock.json --update-baseline",
    "docs/adopting.md js // eslint.config.js",
    'docs/adopting.md sh npx session-lock-lint "src/**/*.ts" --baseline session-lock.baseline.json --update-baseline',
    'docs/command-line.md sh npx session-lock-lint src "test/**/*.ts"',
    "docs/command-line.md sh npx session-lock-lint src --baseline .session-lock.json --update-baseline",
    "docs/command-line.md sh npx session-lock-lint src --write-summaries session-lock.summaries.json",
    "docs/command-line.md js // eslint.config.js",
  ]);
});

test("what the README installs is this package and what it is a plugin of", async () => {
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    readonly name: string;
    readonly peerDependencies: Readonly<Record<string, string>>;
  };

  const installed = blockWith("README.md", "npm install").trim().split(" ").slice(3);

  expect(installed).toEqual([...Object.keys(manifest.peerDependencies), manifest.name]);
});

describe("a config is taken by ESLint as it stands, has nothing to report about itself, and", () => {
  test("the README's first one reports a write without the lock", async () => {
    await using project = await install({
      "eslint.config.js": blocksOf("README.md")[1]?.code ?? "",
      "src/a.js": unlocked,
    });

    expect(await eslint(project)).toEqual(["src/a.js:3 require-session-lock/unlocked"]);
  });

  test("the README's settings name a manager, a wrapper and a library", async () => {
    await using project = await install({
      "eslint.config.js": blockWith("README.md", "wrappers:"),
      "package.json": '{ "type": "module", "imports": { "#locks": "./src/locks.js" } }',
      "node_modules/proper-lockfile/package.json": '{ "name": "proper-lockfile" }',
      "src/session-manager.ts": "export class SessionManager {}\n",
      "src/locks.js": "export const locked = (file, work) => queue.run(file, work);\n",
      "src/a.js": `import { locked } from "#locks";
import { lock } from "proper-lockfile";
import { SessionManager } from "./session-manager.ts";
export const good = (file, message) => locked(file, () => SessionManager.open(file).appendMessage(message));
export const bad = (file, message) => SessionManager.open(file).appendMessage(message);
export async function leak(file, message) {
  const release = await lock(file);
  SessionManager.open(file).appendMessage(message);
}
`,
    });

    expect(await eslint(project)).toEqual([
      "src/a.js:5 require-session-lock/unlocked",
      "src/a.js:7 release-session-lock/leaks",
    ]);
  });

  const journal = {
    "eslint.config.js": blockWith("docs/adopting.md", "managers:"),
    "node_modules/proper-lockfile/package.json": '{ "name": "proper-lockfile" }',
    "src/journal.ts": "export class Journal {}\n",
    "src/locks.ts":
      "export const withJournalLock = (file: string, work: () => void) => queue.run(file, work);\n",
    "src/a.js": `import { Journal } from "./journal.ts";
import { withJournalLock } from "./locks.ts";
export const good = (file, line) => withJournalLock(file, () => Journal.at(file).push(line));
export const bad = (file, line) => Journal.at(file).push(line);
`,
  };

  test("the one of a project that adopts it names what the project calls things", async () => {
    await using project = await install(journal);

    expect(await eslint(project)).toEqual(["src/a.js:4 require-session-lock/unlocked"]);
  });

  test("reports an entry whose file has moved, as the page on adopting it says", async () => {
    const { "src/journal.ts": moved, ...others } = journal;
    await using project = await install({ ...others, "src/moved.ts": moved });

    expect(await eslint(project)).toContain("eslint.config.js:10 valid-lock-annotations/unmatchedModule");
  });

  test("the one with summaries knows what the command has learned", async () => {
    await using project = await install({
      "eslint.config.js": blockWith("docs/command-line.md", "JSON.parse"),
      "src/locks.js": locks,
      "src/a.js":
        'import { save, under } from "./locks.js";\nexport const bad = (file, m) => save(file, m);\nexport const good = (file, m) => under(file, () => save(file, m));\n',
    });
    await runBlock(project, blockWith("docs/command-line.md", "--write-summaries"));

    expect(await eslint(project)).toEqual(["src/a.js:2 require-session-lock/annotatedCallee"]);
  });
});

test("the README's configuration of oxlint reports the same as ESLint", async () => {
  await using project = await install({
    ".oxlintrc.json": blockWith("README.md", "jsPlugins"),
    "src/a.js": unlocked,
  });
  const bin = path.join(path.dirname(require.resolve("oxlint/package.json")), "bin/oxlint");

  // Without a folder, oxlint walks through the link that `install` made, into all that is installed here.
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "-f", "unix", "src"], {
    cwd: project.folder,
  }).catch((error: unknown) => error as { readonly stdout: string });

  expect(stdout).toMatch(/src\/a\.js:3:29: `appendMessage\(\)` writes `file` without its session write lock/);
});

describe("the commands do what the pages say", () => {
  test.each([
    { page: "README.md", file: "src/old.js" },
    { page: "docs/adopting.md", file: "src/old.ts" },
  ])(
    "$page: the first line writes a baseline down, the second fails for what is new",
    async ({ page, file }) => {
      await using project = await install({ [file]: unlocked });
      const lines = blockWith(page, "--update-baseline");

      expect(await runBlock(project, lines)).toEqual([0, 0]);

      await project.write({ [file.replace("old", "new")]: conditional });

      expect(await runBlock(project, lines)).toEqual([1, 1]);
    },
  );

  test("docs/command-line.md: a folder and a glob may be mixed", async () => {
    await using project = await install({
      "src/a.js": unlocked,
      "test/b.ts": unlocked,
      "test/c.js": unlocked,
    });
    const [line = ""] = blockWith("docs/command-line.md", '"test/**/*.ts"').split("\n");

    const { out, code } = await project.lint(...wordsOf(line));

    expect(out).toContain("2 files: 2 errors");
    expect(code).toBe(1);
  });

  test("docs/command-line.md: a baseline is begun", async () => {
    await using project = await install({ "src/a.js": unlocked });

    const codes = await runBlock(project, blockWith("docs/command-line.md", "--update-baseline"));

    expect(codes).toEqual([0]);
    expect(await readFile(path.join(project.folder, ".session-lock.json"), "utf8")).toContain("src/a.js");
  });
});

/** A project that has this package installed, and those whose names it knows without settings. */
async function install(files: Readonly<Record<string, string>>): Promise<Project> {
  const project = await makeProject({
    "package.json": '{ "type": "module" }',
    "node_modules/session-lock/package.json": '{ "name": "session-lock" }',
    "node_modules/@mariozechner/pi-coding-agent/package.json": '{ "name": "@mariozechner/pi-coding-agent" }',
    ...files,
  });
  await mkdir(path.join(project.folder, "node_modules"), { recursive: true });
  await symlink(root, path.join(project.folder, "node_modules/eslint-plugin-session-lock"), "dir");
  return project;
}

/** What `eslint .` reports. */
async function eslint({ folder }: Project): Promise<readonly string[]> {
  const bin = path.join(path.dirname(require.resolve("eslint/package.json")), "bin/eslint.js");
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ".", "-f", "json"], {
    cwd: folder,
  }).catch((error: unknown) => error as { readonly stdout: string });
  return (JSON.parse(stdout) as readonly ESLint.LintResult[]).flatMap(({ filePath, messages }) =>
    messages.map(
      ({ line, ruleId, messageId, message }) =>
        `${path.relative(folder, filePath)}:${line} ${ruleId?.replace("session-lock/", "") ?? message}/${messageId ?? ""}`,
    ),
  );
}

/** Runs every line of a block; the exit codes. */
async function runBlock(project: Project, block: string): Promise<readonly number[]> {
  const codes: number[] = [];
  for (const line of block.trim().split("\n")) {
    const { code } = await project.lint(...wordsOf(line));
    codes.push(code);
  }
  return codes;
}

/** The arguments that a line gives the command. */
function wordsOf(line: string): readonly string[] {
  const [npx, command, ...words] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  expect([npx, command]).toEqual(["npx", "session-lock-lint"]);
  return words;
}
