import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "..");
/** The guard is for code that is shipped; tests, twice as many lines, are linted where they stand. */
const isTest = /^packages\/[^/]+\/test\//;
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(path.join(tmpdir(), "lint-guard-"));
  await copyWorkTree(copy);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

test("an unlocked append added to the gateway is the one problem that npm run lint finds", async () => {
  await writeFile(
    path.join(copy, "packages/gateway/src/unlocked-append.ts"),
    [
      'import { SessionManager } from "@session-lock/transcript";',
      "",
      "export function note(sessionFile: string, text: string): void {",
      '  SessionManager.open(sessionFile).appendMessage({ role: "user", content: text, timestamp: 0 });',
      "}",
      "",
    ].join("\n"),
  );

  const { code, output } = await lintGateway();

  expect(output).toContain("unlocked-append.ts");
  expect(output).toContain("session-lock/require-session-lock");
  expect(output).toContain("✖ 1 problem (1 error, 0 warnings)");
  expect(code).not.toBe(0);
}, 300_000);

/** What git tracks or would track (nothing built) but the packages' tests, with the installed packages linked in. */
async function copyWorkTree(target: string): Promise<void> {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  for (const file of listed
    .split("\0")
    .filter((name) => name !== "" && !isTest.test(name) && existsSync(path.join(repository, name)))) {
    await mkdir(path.join(target, path.dirname(file)), { recursive: true });
    await copyFile(path.join(repository, file), path.join(target, file));
  }
  for (const folder of [
    ".",
    ...(await readdir(path.join(repository, "packages"))).map((name) => `packages/${name}`),
  ]) {
    await symlink(path.join(repository, folder, "node_modules"), path.join(target, folder, "node_modules"));
  }
}

function lintGateway(): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const args = ["run", "lint", "--", "--filter=@session-lock/gateway"];
    const options = {
      cwd: copy,
      // What was built here needs no second building there.
      env: { ...process.env, NO_COLOR: "1", TURBO_CACHE_DIR: path.join(repository, ".turbo/cache") },
      shell: process.platform === "win32",
    };
    execFile("npm", args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}
