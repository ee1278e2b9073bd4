import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built gateway in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly readyLine: string;
  /** A line of standard output, the first one is 0, as soon as it is there. */
  line(index: number): Promise<string>;
  readonly pid: number;
  /** Sends the signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** Runs the program to its end, in a working folder if one is given. */
export async function runGateway(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): Promise<Exit> {
  const child = launch(args, env, cwd);
  const [stdout, stderr, code] = await Promise.all([
    outputOf(child.stdout),
    outputOf(child.stderr),
    exitOf(child),
  ]);
  return { code, stdout, stderr };
}

/** Runs the program with nobody there who reads its output. */
export async function runUnread(args: readonly string[]): Promise<Omit<Exit, "stdout">> {
  const child = launch(args, {});
  child.stdout?.destroy();
  const [stderr, code] = await Promise.all([outputOf(child.stderr), exitOf(child)]);
  return { code, stderr };
}

/** Starts the program; resolves when it has said that it is ready. */
export async function spawnGateway(
  stateDir: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = ["--port", "0"],
): Promise<GatewayProcess> {
  const child = launch(args, { SESSION_LOCK_HOME: stateDir, ...env });
  const exit = exitOf(child);
  const stderr = outputOf(child.stderr);
  const lines: string[] = [];
  if (child.stdout === null) throw new Error("no standard output");
  const output = createInterface(child.stdout);
  output.on("line", (line) => lines.push(line));
  await Promise.race([once(output, "line"), exit]);
  const [readyLine] = lines;
  const url = /http:\S+/.exec(readyLine ?? "")?.[0];
  if (readyLine === undefined || url === undefined) throw new Error(`it did not start: ${await stderr}`);
  const kill = async (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return { code: await exit, stdout: `${lines.join("\n")}\n`, stderr: await stderr };
  };
  const line = async (index: number): Promise<string> => {
    for (;;) {
      const found = lines[index];
      if (found !== undefined) return found;
      await once(output, "line");
    }
  };
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  return {
    url,
    readyLine,
    line,
    pid: child.pid ?? 0,
    signal,
    kill,
    [Symbol.asyncDispose]: () => kill("SIGKILL").then(() => undefined),
  };
}

function launch(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): ChildProcess {
  // The engine of a test is that of the gateways it starts: two engines on one folder refuse each other.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("SESSION_LOCK_") || name === "SESSION_LOCK_ENGINE",
  );
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

async function outputOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? "" : text(stream);
}
