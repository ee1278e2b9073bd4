import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { locks, makeProject } from "./project.ts";

const barrel = `export * from "./locks.js";
export { save as put } from "./locks.js";
export { withSessionWriteLock as scoped } from "session-lock";
`;
const app = `import { SessionManager } from "@session-lock/transcript";
import { put, scoped, take, under } from "./index.js";
export function bad(file, manager, message) {
  put(file, manager, message);
}
export async function leak(file) {
  const lock = await take(file);
  console.log(lock.sessionFile);
}
export async function good(file, message) {
  await under(file, () => SessionManager.open(file).appendMessage(message));
  await scoped(file, () => SessionManager.open(file).appendMessage(message));
  const lock = await take(file);
  try {
    put(file, undefined, message);
  } finally {
    await lock.release();
  }
}
`;

interface Report {
  readonly findings: readonly { readonly file: string; readonly line: number; readonly messageId: string }[];
}

test("annotations and library functions are known through re-exports of other files", async () => {
  await using project = await makeProject({
    "src/locks.js": locks,
    "src/index.js": barrel,
    "src/app.js": app,
  });

  const { code, out } = await project.lint("src", "--format", "json");

  const { findings } = JSON.parse(out) as Report;
  expect(findings.map(({ file, line, messageId }) => `${file}:${line} ${messageId}`)).toEqual([
    "src/app.js:4 annotatedCallee",
    "src/app.js:7 leaks",
  ]);
  expect(code).toBe(1);
});

test("without the other files their functions are unknown code", async () => {
  await using project = await makeProject({
    "src/locks.js": locks,
    "src/index.js": barrel,
    "src/app.js": app,
  });

  const { out } = await project.lint("src/app.js", "--format", "json");

  const { findings } = JSON.parse(out) as Report;
  expect(findings.map(({ line, messageId }) => `${line} ${messageId}`)).toEqual([
    "11 unlocked",
    "12 unlocked",
  ]);
});

test("the rules read the summaries that the command writes", async () => {
  await using project = await makeProject({
    "src/locks.js": locks,
    "src/index.js": barrel,
    "src/app.js": app,
  });
  const summaries = path.join(project.folder, "summaries.json");
  await project.lint("src", "--write-summaries", "summaries.json");

  const options = { filename: path.resolve("src/app.js"), settings: { summaries } };

  expect(lint(app, options)).toEqual([
    "require-session-lock/annotatedCallee 4",
    "release-session-lock/leaks 7",
  ]);
});

test("the name of the summaries is relative to the folder that ESLint runs in, wherever the process does", async () => {
  await using project = await makeProject({
    "src/locks.js": locks,
    "src/index.js": barrel,
    "src/app.js": app,
  });
  await project.lint("src", "--write-summaries", "summaries.json");

  const options = { cwd: project.folder, filename: "src/app.js", settings: { summaries: "summaries.json" } };

  expect(lint(app, options)).toContain("release-session-lock/leaks 7");
});

test("the rules read summaries again that were written anew, under the same settings", async () => {
  await using project = await makeProject({ "src/index.js": barrel, "src/app.js": app });
  const summaries = path.join(project.folder, "summaries.json");
  const options = { filename: path.resolve("src/app.js"), settings: { summaries } };
  await project.lint("src", "--write-summaries", "summaries.json");
  expect(lint(app, options)).not.toContain("release-session-lock/leaks 7");
  await writeFile(path.join(project.folder, "src/locks.js"), locks);
  await project.lint("src", "--write-summaries", "summaries.json");

  expect(lint(app, options)).toContain("release-session-lock/leaks 7");
});

test("a function whose name ends in Locked is checked where other files call it", async () => {
  await using project = await makeProject({
    "store.js": "export function appendLocked(manager, message) {\n  manager.appendMessage(message);\n}\n",
    "app.js": 'import { appendLocked } from "./store.js";\nexport const run = (m) => appendLocked(m, 1);\n',
  });

  const { out } = await project.lint(".");

  expect(out).toContain("2:27  error  `appendLocked()` requires its caller to hold the session write lock");
});

test("re-exports that go round in a circle end", async () => {
  await using project = await makeProject({
    "a.js": 'export * from "./b.js";\nexport { x } from "./b.js";\n',
    "b.js": 'export * from "./a.js";\nexport { x } from "./a.js";\n',
  });

  const { code, out } = await project.lint(".");

  expect(out).toBe("2 files: 0 errors, 0 warnings\n");
  expect(code).toBe(0);
});

test("TypeScript files are read with typescript-eslint's parser", async () => {
  await using project = await makeProject({
    "store.ts":
      "/** @requires-session-lock file */\nexport function put(file: string, line: string): void {}\n",
    "app.ts":
      'import { put } from "./store.ts";\nexport const run = (file: string): void => put(file, "");\n',
  });

  const { out, code } = await project.lint("*.ts");

  expect(out).toContain("2:44  error  `put()` requires its caller to hold the session write lock");
  expect(code).toBe(1);
});
