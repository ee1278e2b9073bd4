import { fork } from "node:child_process";
import { once } from "node:events";
import { lstatSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { inspectSessionLock } from "session-lock";
import { workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

/** A process that asked for its first lock while no descriptor was left, and has one now. */
async function starvedProcess(...args: readonly string[]): Promise<unknown> {
  const shell = ["-c", 'ulimit -n 64 && exec "$0" "$@"', process.execPath];
  const child = fork(workerPath("starved.js"), args, { execPath: "/bin/sh", execArgv: shell });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [message] = (await once(child, "message")) as [unknown];
  return message;
}

test.runIf(process.platform === "linux")(
  "a process whose first lock falls into a moment without descriptors is no stranger to others afterwards",
  async () => {
    const sessionFile = tempSession();

    expect(await starvedProcess(sessionFile, "lockfile")).toEqual({ first: "IO", held: true });

    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", isLocal: true });
  },
);

test.runIf(process.platform === "linux")(
  "a process whose first lock falls into a moment without descriptors uses the engine of all others afterwards",
  async () => {
    const sessionFile = tempSession();

    expect(await starvedProcess(sessionFile)).toEqual({ first: "IO", held: true });

    expect(lstatSync(`${sessionFile}.lock`).isFile()).toBe(true);
  },
);
