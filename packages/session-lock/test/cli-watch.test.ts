import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SessionLockStatus } from "session-lock";
import { main } from "./support/cli.ts";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
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
  readonly exit: Promise<unknown>;
}

function watching(target: string): Watch {
  const child = start("watch", target, "--json");
  const states: string[] = [];
  createInterface(child.stdout).on("line", (line) =>
    states.push((JSON.parse(line) as SessionLockStatus).state),
  );
  return { child, states, exit: new Promise((resolve) => child.once("exit", resolve)) };
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

      await holder.ask("acquire", { sessionFile, engine });
      await until(() => watch.states.at(-1) === "held");
      await holder.ask("release");
      await until(() => watch.states.at(-1) === "free" && !existsSync(`${sessionFile}.lock`));
      await holder.ask("acquire", { sessionFile, engine });
      await until(() => watch.states.at(-1) === "held");

      expect(watch.states).toEqual(["held", "free", "held"]);
    },
  );
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
