import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import type { SessionLockStatus } from "session-lock";
import { main } from "./support/cli.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

type Command = ChildProcessByStdio<null, Readable, Readable>;

function start(...args: readonly string[]): Command {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

interface Watch {
  readonly child: Command;
  /** The states that were printed. */
  readonly states: readonly string[];
  /** Those of one session. */
  statesOf(sessionFile: string): readonly string[];
  readonly exit: Promise<unknown>;
}

function watching(target: string): Watch {
  const child = start("watch", target, "--json");
  const printed: SessionLockStatus[] = [];
  createInterface(child.stdout).on("line", (line) => printed.push(JSON.parse(line) as SessionLockStatus));
  const statesOf = (sessionFile?: string) =>
    printed
      .filter((status) => sessionFile === undefined || status.sessionFile === sessionFile)
      .map(({ state }) => state);
  return {
    child,
    get states() {
      return statesOf();
    },
    statesOf,
    exit: new Promise((resolve) => child.once("exit", resolve)),
  };
}

describe("session-lock watch", () => {
  test("prints each change until it is interrupted, and then exits 0", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    const watch = watching(sessionFile);

    await until(() => watch.states.at(-1) === "free");
    await holder.ask("acquire", { sessionFile });
    await until(() => watch.states.at(-1) === "held");
    watch.child.kill("SIGINT");

    expect(await watch.exit).toBe(0);
    expect(existsSync(`${sessionFile}.lock`)).toBe(true);
  });

  test("takes a session's lock for the session, also where that is a folder", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine: "lockfile" });

    const watch = watching(`${sessionFile}.lock`);
    await until(() => watch.states.at(-1) === "held");
    watch.child.kill("SIGTERM");

    expect(await watch.exit).toBe(0);
  });

  test.each(["kernel", "lockfile"] as const)(
    "of a folder prints each release once, also when the lock leaves no entry behind (%s)",
    async (engine) => {
      const sessionFile = tempSession();
      await using holder = await Driver.start();
      const watch = watching(path.dirname(sessionFile));
      // It is stopped meanwhile: between the two steps of taking a lock, it would see the last owner, or none, holding it.
      const acquire = async () => {
        watch.child.kill("SIGSTOP");
        await holder.ask("acquire", { sessionFile, engine });
        watch.child.kill("SIGCONT");
      };

      await acquire();
      await until(() => watch.states.at(-1) === "held");
      await holder.ask("release");
      await until(() => watch.states.at(-1) === "free" && !existsSync(`${sessionFile}.lock`));
      await acquire();
      await until(() => watch.states.at(-1) === "held");

      expect(watch.states).toEqual(["held", "free", "held"]);
    },
  );

  test("of a folder says nothing of a lock file that was made and is not locked yet", async () => {
    const folder = tempFolder();
    const [sessionFile, other] = [path.join(folder, "a.jsonl"), path.join(folder, "b.jsonl")];
    await using holder = await Driver.start();
    await using lock = await acquireSessionWriteLock({ sessionFile: other });
    const watch = watching(folder);
    await until(() => watch.statesOf(other).at(-1) === "held");

    await holder.ask("stopAfter", { call: "linkSync" });
    const taken = holder.ask("acquire", { sessionFile, engine: "kernel" });
    await until(() => existsSync(`${sessionFile}.lock`) && isStopped(holder.pid));
    await lock.release();
    await until(() => watch.statesOf(other).at(-1) === "free"); // so it has looked
    const early = watch.statesOf(sessionFile);
    holder.signal("SIGCONT");
    await taken;
    await until(() => watch.statesOf(sessionFile).at(-1) === "held");

    expect(early).toEqual([]);
  });
});

describe("a reader that goes away", () => {
  test.each([
    ["ls", 0],
    ["why", 75],
    ["watch", 0],
    ["clean", 0],
    ["--help", 0],
  ])("ends %s quietly", async (command, code) => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile });
    const subject = command === "why" ? sessionFile : path.dirname(sessionFile);
    const child = start(command, subject);
    let err = "";
    child.stderr.on("data", (text: string) => (err += text));

    child.stdout.destroy();
    const [exitCode] = (await once(child, "close")) as [number];

    expect({ exitCode, err }).toEqual({ exitCode: code, err: "" });
  });
});
