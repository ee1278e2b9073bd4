// Runs the pinned pnpm under the pinned Node, so a clone needs nothing but some Node and npm.
// The pins stand once each: Node in .node-version, pnpm in package.json "packageManager".
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const node = readFileSync(`${root}.node-version`, "utf8").trim();
const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/**
 * Starts `pnpm <args>` in the repository root.
 *
 * A process that already runs under both pins (a script that pnpm itself started) skips npx.
 *
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function spawnPnpm(args, options = {}) {
  const isPinned =
    process.versions.node === node &&
    process.env.npm_config_user_agent?.startsWith(packageManager.replace("@", "/"));
  const [command, ...prefix] = isPinned
    ? ["pnpm"]
    : ["npx", "--yes", "--prefer-offline", "-p", `node@${node}`, "-p", packageManager, "--", "pnpm"];
  return spawn(command, [...prefix, ...args], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ...options.env },
  });
}

/**
 * Ends this process as `child` ends, and hands the signals that stop us on to it.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
export function followChild(child) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`cannot start ${child.spawnfile}: ${error.message}`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) followChild(spawnPnpm(process.argv.slice(2)));
