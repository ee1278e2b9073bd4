import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped, workerPath } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe.each(["kernel", "lockfile"] as const)("waiting with the %s engine", (engine) => {
  test("500 contended files leave file reads alone and start no thread, and cancelled waits leave no descriptor", async () => {
    const folder = tempFolder();
    const files = Array.from({ length: 500 }, (_, number) => path.join(folder, `${number}.jsonl`));
    writeFileSync(path.join(folder, "other"), "readable");
    await using holder = await Driver.start();
    for (const sessionFile of files) await holder.ask("acquire", { sessionFile, engine, name: sessionFile });
    // The pool's threads and the process's one inotify descriptor exist from here on.
    await readFile(path.join(folder, "other"));
    watch(folder).close();
    const threadsBefore = readdirSync("/proc/self/task").length;
    const descriptorsBefore = readdirSync("/proc/self/fd").length;
    const stop = new AbortController();

    const waits = files.map((sessionFile) =>
      acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs, signal: stop.signal }).catch(
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    await delay(200);
    const threadsWaiting = readdirSync("/proc/self/task").length;
    const reads = await Promise.all(
      Array.from({ length: 50 }, () => readFile(path.join(folder, "other"), "utf8")),
    );
    stop.abort();

    expect(await Promise.all(waits)).toEqual(files.map(() => "ABORTED"));
    expect(reads).toEqual(reads.map(() => "readable"));
    expect(threadsWaiting).toBeLessThanOrEqual(threadsBefore);
    await until(() => readdirSync("/proc/self/task").length <= threadsBefore);
    await until(() => readdirSync("/proc/self/fd").length <= descriptorsBefore);
  });

  test("500 waits given up while their holder is stopped, right after it has acquired, have started no thread and leave no descriptor", async () => {
    const folder = tempFolder();
    const files = Array.from({ length: 500 }, (_, number) => path.join(folder, `${number}.jsonl`));
    await using holder = await Driver.start();
    const stopped = holder.ask("acquireAllAndStop", { sessionFiles: files, engine });
    await until(() => isStopped(holder.pid));
    await readFile("/proc/self/status");
    watch(folder).close();
    const threadsBefore = readdirSync("/proc/self/task").length;
    const descriptorsBefore = readdirSync("/proc/self/fd").length;
    const stop = new AbortController();
    const waits = files.map((sessionFile) =>
      acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs, signal: stop.signal }).catch(
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    await delay(100);
    const threadsWaiting = readdirSync("/proc/self/task").length;

    stop.abort();

    expect(await Promise.all(waits)).toEqual(files.map(() => "ABORTED"));
    expect(threadsWaiting).toBeLessThanOrEqual(threadsBefore);
    await until(() => readdirSync("/proc/self/task").length <= threadsBefore);
    await until(() => readdirSync("/proc/self/fd").length <= descriptorsBefore);
    expect(isStopped(holder.pid)).toBe(true);
    holder.signal("SIGCONT");
    await stopped;
  });

  test("waits given up the moment they begin, while their holder is stopped, leave no thread and no descriptor", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    const stopped = holder.ask("acquireAllAndStop", { sessionFiles: [sessionFile], engine });
    await until(() => isStopped(holder.pid));
    await readFile("/proc/self/status");
    watch(path.dirname(sessionFile)).close();
    const threadsBefore = readdirSync("/proc/self/task").length;
    const descriptorsBefore = readdirSync("/proc/self/fd").length;

    for (let round = 0; round < 200; round += 1) {
      const stop = new AbortController();
      const wait = acquireSessionWriteLock({ sessionFile, engine, signal: stop.signal });
      if (round % 2 === 0) await Promise.resolve();
      stop.abort();
      await expect(wait).rejects.toMatchObject({ code: "ABORTED" });
    }

    await until(() => readdirSync("/proc/self/task").length <= threadsBefore);
    await until(() => readdirSync("/proc/self/fd").length <= descriptorsBefore);
    expect(isStopped(holder.pid)).toBe(true);
    holder.signal("SIGCONT");
    await stopped;
  });

  test("a wait that was given up locks nothing of a file that is opened right after", async () => {
    const sessionFile = tempSession();
    const other = path.join(path.dirname(sessionFile), "other");
    writeFileSync(other, "");
    await using holder = await Driver.start();
    const stopped = holder.ask("acquireAllAndStop", { sessionFiles: [sessionFile], engine });
    await until(() => isStopped(holder.pid));
    await readFile(other);
    const threadsBefore = readdirSync("/proc/self/task").length;
    const seen: string[] = [];

    for (let round = 0; round < 100; round += 1) {
      const stop = new AbortController();
      const wait = acquireSessionWriteLock({ sessionFile, engine, signal: stop.signal });
      await delay(2);
      stop.abort();
      await expect(wait).rejects.toMatchObject({ code: "ABORTED" });
      const fd = openSync(other, "r+");
      await until(() => readdirSync("/proc/self/task").length <= threadsBefore);
      const inode = `:${fstatSync(fd).ino} `;
      seen.push(
        ...readFileSync("/proc/locks", "latin1")
          .split("\n")
          .filter((line) => line.includes(inode)),
      );
      closeSync(fd);
    }

    expect(seen).toEqual([]);
    holder.signal("SIGCONT");
    await stopped;
  });

  test("a process whose wait timed out ends by itself while its holder is stopped", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    void holder.ask("acquireAllAndStop", { sessionFiles: [sessionFile], engine });
    await until(() => isStopped(holder.pid));
    const child = fork(workerPath("gives-up.js"), [sessionFile, engine]);

    const [code] = (await once(child, "exit")) as [number];

    expect(code).toBe(75);
    expect(isStopped(holder.pid)).toBe(true);
  });

  test("a process whose wait timed out ends by itself while the lock is still held", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine });
    const child = fork(workerPath("gives-up.js"), [sessionFile, engine]);

    const [code] = (await once(child, "exit")) as [number];

    expect(code).toBe(75);
    lock.assertHeld();
  });

  test("a waiter whose holder just took the lock gives up on time and leaves no thread behind", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    const threadsBefore = readdirSync("/proc/self/task").length;
    await holder.ask("acquire", { sessionFile, engine });

    await expect(acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 5 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });

    await until(() => readdirSync("/proc/self/task").length <= threadsBefore);
    await expect(holder.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("aborting one of two waiting tasks leaves the other in the queue", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });
    const stop = new AbortController();
    const first = acquireSessionWriteLock({
      sessionFile,
      engine,
      timeoutMs: patienceMs,
      signal: stop.signal,
    });
    const second = acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });

    stop.abort(new Error("not wanted any more"));
    await expect(first).rejects.toMatchObject({ code: "ABORTED", cause: { message: "not wanted any more" } });
    await holder.ask("release");

    await using lock = await second;
    lock.assertHeld();
  });
});
