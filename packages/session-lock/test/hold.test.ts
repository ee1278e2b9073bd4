import { execFileSync } from "node:child_process";
import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { AsyncResource } from "node:async_hooks";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  heldSessionWriteLock,
  tryAcquireSessionWriteLock,
  tryWithSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

/** Runs `fn` outside every scope. */
const elsewhere = AsyncResource.bind(<T>(fn: () => T): T => fn());

describe.each(["kernel", "lockfile"] as const)("max hold with the %s engine", (engine) => {
  test("an overdue owner loses its right in memory before anybody else can get the lock", async () => {
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile, engine, maxHoldMs: 50, purpose: "slow" });
    const seen: unknown[] = [];
    lock.signal.addEventListener("abort", () => {
      seen.push(lock.held, tryAcquireSessionWriteLock({ sessionFile, engine }));
    });

    await using next = await acquireSessionWriteLock({ sessionFile, engine });

    expect(seen).toEqual([false, undefined]);
    expect(next.epoch).toBeGreaterThan(lock.epoch);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "LOST" }));
    expect(lock.signal.reason).toMatchObject({ code: "LOST", holder: { purpose: "slow" } });
    await lock.release();
    next.assertHeld();
  });

  test("a scope that has lost its lock gets none anew, in any form, before it is left: what it has read may be stale", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "1");
    await using other = await Driver.start();
    const refused = { code: "LOST" };
    const wasLost = withSessionWriteLock(
      sessionFile,
      async ({ signal }) => {
        await once(signal, "abort");
        await other.ask("acquire", { sessionFile, engine });
        writeFileSync(sessionFile, "2"); // what the other one writes under its lock
        await other.ask("release");

        await expect(withSessionWriteLock(sessionFile, () => "in", { engine })).rejects.toMatchObject(
          refused,
        );
        await expect(acquireSessionWriteLock({ sessionFile, engine })).rejects.toMatchObject(refused);
        await expect(
          acquireSessionWriteLock({ sessionFile, engine, allowReentrant: false }),
        ).rejects.toMatchObject(refused);
        const says = expect.objectContaining(refused) as Error;
        expect(() => tryAcquireSessionWriteLock({ sessionFile, engine })).toThrow(says);
        expect(() => tryWithSessionWriteLock(sessionFile, () => ({}))).toThrow(says);
        // Nor may it use a handle that another task of the process has by then.
        await using _handle = await elsewhere(() => acquireSessionWriteLock({ sessionFile, engine }));
        expect(heldSessionWriteLock(sessionFile)).toBeUndefined();
      },
      { engine, maxHoldMs: 50 },
    );

    await expect(wasLost).rejects.toMatchObject(refused);
    await expect(withSessionWriteLock(sessionFile, () => "in", { engine })).resolves.toBe("in");
  });

  test("a scope that has let its lock go early may take it anew", async () => {
    const sessionFile = tempSession();

    const epochs = await withSessionWriteLock(
      sessionFile,
      async (lock) => {
        await lock.release();
        await using again = await acquireSessionWriteLock({ sessionFile, engine });
        again.assertHeld();
        return [lock.epoch, again.epoch] as const;
      },
      { engine },
    );

    expect(epochs[1]).toBeGreaterThan(epochs[0]);
  });

  test("an overdue owner is put out although its session file has become a pipe or a link, which is left alone", async () => {
    const sessionFile = tempSession();
    const target = `${sessionFile}.target`;
    writeFileSync(target, "not ours");
    for (const replace of [
      () => execFileSync("mkfifo", [sessionFile]),
      () => symlinkSync(target, sessionFile),
    ]) {
      writeFileSync(sessionFile, "");
      const lock = await acquireSessionWriteLock({ sessionFile, engine, maxHoldMs: 50 });
      rmSync(sessionFile);
      replace();

      await once(lock.signal, "abort");

      expect(lstatSync(sessionFile).isFile()).toBe(false);
      rmSync(sessionFile);
    }
    await using next = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 1_000 });
    next.assertHeld();
  });

  test("an owner that lost its lock while the folder was out of reach can take it again, and its late bytes land nowhere", async () => {
    const sessionFile = tempSession();
    const folder = path.dirname(sessionFile);
    writeFileSync(sessionFile, "kept\n");
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const fd = openSync(sessionFile, "a");
    renameSync(folder, `${folder}.away`);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "LOST" }));
    renameSync(`${folder}.away`, folder);

    await using next = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 1_000 });
    writeSync(fd, "late\n");
    closeSync(fd);

    next.assertHeld();
    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });

  test("who takes a lock that came back to its path fences off the owner that lost it meanwhile", async () => {
    const sessionFile = tempSession();
    const folder = path.dirname(sessionFile);
    writeFileSync(sessionFile, "kept\n");
    await using other = await Driver.start();
    await other.ask("acquire", { sessionFile, engine }); // so that it has the lock file open
    await other.ask("release");
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const fd = openSync(sessionFile, "a");
    renameSync(folder, `${folder}.away`);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "LOST" }));
    renameSync(`${folder}.away`, folder);

    await other.ask("acquire", { sessionFile, engine });
    writeSync(fd, "late\n");
    closeSync(fd);

    await expect(other.ask("assertHeld")).resolves.toEqual({ held: true });
    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });

  test("an owner that lets go while the folder is out of reach keeps nobody out when that is back", async () => {
    const sessionFile = tempSession();
    const folder = path.dirname(sessionFile);
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    renameSync(folder, `${folder}.away`);
    await lock.release();
    renameSync(`${folder}.away`, folder);

    await expect(other.ask("tryAcquire", { sessionFile, engine })).resolves.toEqual({ acquired: true });
  });

  test("an owner whose lock was removed is told when it re-enters", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine });

    await lock.run(async () => {
      rmSync(`${sessionFile}.lock`, { recursive: true });
      const again = acquireSessionWriteLock({ sessionFile, engine });
      await expect(again).rejects.toMatchObject({ code: "LOST" });
    });
  });

  test("what an overdue owner still writes through its descriptor lands nowhere", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "kept\n");
    const fd = openSync(sessionFile, "a");
    const lock = await acquireSessionWriteLock({ sessionFile, engine, maxHoldMs: 50 });

    await once(lock.signal, "abort");
    writeSync(fd, "late\n");
    closeSync(fd);

    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
    await lock.release();
  });

  test("withSessionWriteLock rejects with LOST when the right was lost and fn did not notice", async () => {
    const sessionFile = tempSession();

    const outcome = withSessionWriteLock(sessionFile, (lock) => once(lock.signal, "abort"), {
      engine,
      maxHoldMs: 50,
    });

    await expect(outcome).rejects.toMatchObject({ code: "LOST" });
  });

  test("assertHeld finds an overdue hold even when no timer could run", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine, maxHoldMs: 20 });

    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);

    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "LOST" }));
  });
});

describe.each(["kernel", "lockfile"] as const)("ends of ownership with the %s engine", (engine) => {
  test("background work that outlives a run of a handle owns nothing, though the handle is still held", async () => {
    const sessionFile = tempSession();
    const order: string[] = [];
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    let background = Promise.resolve();

    await lock.run(() => {
      background = (async () => {
        await delay(10);
        await withSessionWriteLock(sessionFile, () => void order.push("background"), { engine });
      })();
    });
    await delay(60);
    order.push("holder");
    await lock.release();
    await background;

    expect(order).toEqual(["holder", "background"]);
  });

  test("background work that outlives its scope owns nothing", async () => {
    const sessionFile = tempSession();
    const order: string[] = [];
    let background = Promise.resolve();

    await withSessionWriteLock(
      sessionFile,
      () => {
        background = (async () => {
          await delay(20);
          await withSessionWriteLock(sessionFile, () => order.push("background"), { engine });
        })();
      },
      { engine },
    );
    await withSessionWriteLock(
      sessionFile,
      async () => {
        await delay(60);
        order.push("next owner");
      },
      { engine },
    );
    await background;

    expect(order).toEqual(["next owner", "background"]);
  });

  test("a nested hold keeps the lock until it ends, even after its outer one", async () => {
    const sessionFile = tempSession();
    const outer = await acquireSessionWriteLock({ sessionFile, engine });
    const inner = await acquireSessionWriteLock({ sessionFile, engine, within: outer });

    await outer.release();
    inner.assertHeld();
    expect(() => outer.assertHeld()).toThrow(expect.objectContaining({ code: "RELEASED" }));
    expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();

    await inner.release();
    await using next = tryAcquireSessionWriteLock({ sessionFile, engine });
    expect(next?.held).toBe(true);
  });

  test("release is idempotent and never frees somebody else's lock", async () => {
    const sessionFile = tempSession();
    const first = await acquireSessionWriteLock({ sessionFile, engine });
    await first.release();
    await using second = await acquireSessionWriteLock({ sessionFile, engine });

    await first.release();

    second.assertHeld();
    expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
  });
});
