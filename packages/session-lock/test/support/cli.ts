import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

/** The command's script. */
export const main = path.join(
  path.dirname(createRequire(import.meta.url).resolve("session-lock/package.json")),
  "dist/cli/main.js",
);

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function run(...args: readonly string[]): Promise<Outcome> {
  return runWith({}, ...args);
}

export function runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out: out.trim(), err: err.trim() }),
    );
  });
}
