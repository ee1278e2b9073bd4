import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command to its end. */
export function transcript(...argv: readonly string[]): Promise<Ended> {
  return transcriptWith({}, ...argv);
}

/** As `transcript`, with other environment variables. */
export function transcriptWith(
  env: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): Promise<Ended> {
  return new Promise((resolve) => {
    const settings = { maxBuffer: 2 ** 26, env: { ...process.env, ...env } };
    const child = execFile(process.execPath, [MAIN, ...argv], settings, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** Starts the built command, for as long as the test lets it run. */
export function startCommand(...argv: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const err: Buffer[] = [];
  child.stderr.on("data", (bytes: Buffer) => err.push(bytes));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  return {
    /** The next line it prints; fails when it ends instead. */
    async line(): Promise<string> {
      const next = await lines.next();
      if (next.done !== true) return next.value;
      throw new Error(`transcript ${argv.join(" ")} ended: ${Buffer.concat(err).toString()}`);
    },
    stopReading(): void {
      child.stdout.destroy();
    },
    kill(signal: "SIGINT" | "SIGTERM"): void {
      child.kill(signal);
    },
    async ended() {
      await closed;
      return { code: child.exitCode, signal: child.signalCode, err: Buffer.concat(err).toString() };
    },
  };
}
