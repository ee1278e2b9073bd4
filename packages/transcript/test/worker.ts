import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A real process that runs a script of `test/workers` against the built package. */
export interface Worker {
  /** Sends a line to its standard input. */
  send(line: string): void;
  /** Ends its standard input. */
  end(): void;
  /** Its next line; fails when it ends instead. */
  next(): Promise<string>;
  /** All lines until it ends; fails when it ends badly. */
  rest(): Promise<readonly string[]>;
  /** Kills it, resolves with all it had said and not been asked for. */
  kill(): Promise<readonly string[]>;
}

export interface WorkerSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** Shell commands before it starts, for limits that only a shell can set. */
  readonly shell?: string;
}

export function startWorker(
  script: string,
  args: readonly string[],
  { env = {}, shell }: WorkerSettings = {},
): Worker {
  const file = fileURLToPath(new URL(`./workers/${script}`, import.meta.url));
  const program = shell === undefined ? process.execPath : "sh";
  const before = shell === undefined ? [] : ["-c", `${shell}; exec "$@"`, "sh", process.execPath];
  const child = spawn(program, [...before, file, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  // A worker that was killed no longer reads; that is the test's doing, not a failure.
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function remaining(): Promise<string[]> {
    const rest: string[] = [];
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) rest.push(line.value);
    await ended;
    return rest;
  }

  return {
    send: (line) => child.stdin.write(`${line}\n`),
    end: () => child.stdin.end(),
    async next() {
      const line = await lines.next();
      if (line.done !== true) return line.value;
      throw new Error(`${script} ended before it said anything`);
    },
    async rest() {
      const rest = await remaining();
      if (child.exitCode !== 0)
        throw new Error(`${script} ended with ${String(child.exitCode ?? child.signalCode)}`);
      return rest;
    },
    async kill() {
      child.kill("SIGKILL");
      return remaining();
    },
  };
}
