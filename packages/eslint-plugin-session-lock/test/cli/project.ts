import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The script of the built command. */
export const command = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with files, in which the built command is run. */
export interface Project {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  lint(...args: readonly string[]): Promise<Result>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function makeProject(files: Readonly<Record<string, string>>): Promise<Project> {
  const folder = await mkdtemp(path.join(tmpdir(), "session-lock-lint-"));
  const project: Project = {
    folder,
    write: async (more) => {
      for (const [name, text] of Object.entries(more)) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), text);
      }
    },
    lint: (...args) =>
      new Promise((resolve, reject) => {
        execFile(process.execPath, [command, ...args], { cwd: folder }, (error, out, err) => {
          const code = error === null ? 0 : error.code;
          if (typeof code === "number") resolve({ code, out, err });
          else reject(error ?? new Error("no exit code"));
        });
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  await project.write(files);
  return project;
}

export const unlocked = `import { SessionManager } from "@session-lock/transcript";
export function forget(file, message) {
  SessionManager.open(file).appendMessage(message);
}
`;

export const conditional = `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock } from "session-lock";
export async function save(sessionFile, message, careful) {
  let lock;
  if (careful) lock = await acquireSessionWriteLock({ sessionFile });
  try {
    SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await lock?.release();
  }
}
`;

export const locks = `import { acquireSessionWriteLock } from "session-lock";
/** @acquires-session-lock file */
export async function take(file) {
  return await acquireSessionWriteLock({ sessionFile: file });
}
/** @requires-session-lock file */
export function save(file, manager, message) {
  manager.appendMessage(message);
}
/** @session-lock-wrapper */
export async function under(file, work) {
  const lock = await take(file);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
`;
