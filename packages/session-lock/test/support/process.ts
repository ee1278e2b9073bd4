import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: Record<string, unknown>;
}

/** A real process under the test's control (see workers/driver.js). Killed when the test ends. */
export class Driver implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (reply: Reply) => this.#pending.get(reply.id)?.(reply));
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Driver> {
    const child = fork(workerPath("driver.js"), { env: { ...process.env, ...env } });
    await once(child, "message");
    return new Driver(child);
  }

  get pid(): number {
    return Number(this.#child.pid);
  }

  /** Runs one operation over there; rejects with its error. */
  async ask(
    operation: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const reply = await new Promise<Reply>((resolve) => {
      this.#pending.set(id, resolve);
      this.#child.send({ id, operation, input });
    });
    if (reply.failure !== undefined)
      throw Object.assign(new Error(String(reply.failure["message"])), reply.failure);
    return (reply.result ?? {}) as Record<string, unknown>;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it for real and waits until it is gone. */
  async kill(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(name);
    await gone;
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Whether a signal has stopped it (proc_pid_stat(5)). */
export function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "latin1").includes(") T ");
}

/** Environment of a process that loads one of the workers before its program. */
export function preloading(name: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import ${new URL(`../workers/${name}`, import.meta.url).href}` };
}

export function workerPath(name: string): string {
  return fileURLToPath(new URL(`../workers/${name}`, import.meta.url));
}
