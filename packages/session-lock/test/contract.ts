import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  cleanSessionLocks,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import type { EngineName } from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver } from "./support/process.ts";
import { memorySession, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

/** What every engine promises. */
export function lockContract(engine: EngineName): void {
  describe(`${engine} engine: exclusion`, () => {
    test("two processes exclude each other", async () => {
      const sessionFile = tempSession();
      await using other = await Driver.start();
      await other.ask("acquire", { sessionFile, engine, purpose: "there" });

      expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
      await expect(acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 100 })).rejects.toMatchObject({
        code: "TIMEOUT",
        retryable: true,
        sameProcess: false,
        holder: { pid: other.pid, purpose: "there" },
      });

      await other.ask("release");
      await using lock = await acquireSessionWriteLock({ sessionFile, engine });
      expect(lock.held).toBe(true);
    });

    test("two tasks of one process exclude each other", async () => {
      const sessionFile = tempSession();
      let inside = 0;
      let most = 0;
      const task = () =>
        withSessionWriteLock(
          sessionFile,
          async () => {
            inside += 1;
            most = Math.max(most, inside);
            await delay(2);
            inside -= 1;
          },
          { engine },
        );

      await Promise.all([task(), task(), task()]);

      expect(most).toBe(1);
    });

    test("sibling tasks never share the handle form, not even when one starts while the other holds", async () => {
      const sessionFile = tempSession();
      let inside = 0;
      let most = 0;
      const work = async () => {
        await using lock = await acquireSessionWriteLock({ sessionFile, engine });
        inside += 1;
        most = Math.max(most, inside);
        await delay(20);
        lock.assertHeld();
        inside -= 1;
      };

      const first = work();
      await delay(5);
      const second = work();
      await Promise.all([first, second]);

      expect(most).toBe(1);
    });

    test("a killed holder is taken over by whoever waits", async () => {
      const sessionFile = tempSession();
      await using holder = await Driver.start();
      await holder.ask("acquire", { sessionFile, engine });
      const waiting = acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });

      await holder.kill("SIGKILL");

      await using lock = await waiting;
      lock.assertHeld();
    });
  });

  describe(`${engine} engine: ownership`, () => {
    test("a nested acquire re-enters in every form, also after awaits", async () => {
      const sessionFile = tempSession();

      const depth = await withSessionWriteLock(
        sessionFile,
        async () => {
          await delay(1);
          await using second = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 0 });
          return await withSessionWriteLock(
            sessionFile,
            async (third) => {
              await delay(1);
              second.assertHeld();
              third.assertHeld();
              return 3;
            },
            { engine, timeoutMs: 0 },
          );
        },
        { engine },
      );

      expect(depth).toBe(3);
    });

    test("a nested acquire that forbids re-entry fails at once with REENTRANT", async () => {
      const sessionFile = tempSession();

      await withSessionWriteLock(
        sessionFile,
        async () => {
          await expect(
            acquireSessionWriteLock({ sessionFile, engine, allowReentrant: false }),
          ).rejects.toMatchObject({ code: "REENTRANT" });
        },
        { engine },
      );
    });

    test("the handle form does not make its caller the ambient owner", async () => {
      const sessionFile = tempSession();
      await using lock = await acquireSessionWriteLock({ sessionFile, engine });

      expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
      await lock.run(async () => {
        await using nested = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 0 });
        expect(nested.epoch).toBe(lock.epoch);
      });
      await using within = await acquireSessionWriteLock({ sessionFile, engine, within: lock });
      expect(within.epoch).toBe(lock.epoch);
    });

    test("every new owner has a greater epoch, in this process and the next", async () => {
      const sessionFile = tempSession();
      await using other = await Driver.start();
      const epochs: number[] = [];
      for (let round = 0; round < 100; round += 1) {
        await withSessionWriteLock(sessionFile, (lock) => epochs.push(lock.epoch), { engine });
        const { epoch } = await other.ask("acquire", { sessionFile, engine });
        epochs.push(Number(epoch));
        await other.ask("release");
      }

      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    });

    test("owners of many purposes in turns leave a greater epoch to who comes when their lock file is gone", async () => {
      const sessionFile = memorySession();
      await using other = await Driver.start();
      const epochs: number[] = [];
      const takeOften = async (purpose: string): Promise<void> => {
        for (let times = 0; times < 2_000; times += 1)
          await withSessionWriteLock(sessionFile, (lock) => epochs.push(lock.epoch), { engine, purpose });
      };
      await Promise.all([takeOften("one"), takeOften("another")]);
      await until(() => {
        cleanSessionLocks(path.dirname(sessionFile));
        return !existsSync(`${sessionFile}.lock`);
      });

      const { epoch } = await other.ask("acquire", { sessionFile, engine });

      expect(Number(epoch)).toBeGreaterThan(Math.max(...epochs));
    });

    test("an owner between two bursts of another process is never overlooked", async () => {
      const sessionFile = tempSession();
      await using other = await Driver.start();
      const epochs: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        for (let times = 0; times < 70; times += 1)
          await withSessionWriteLock(sessionFile, (lock) => epochs.push(lock.epoch), { engine });
        const { epoch } = await other.ask("acquire", { sessionFile, engine });
        epochs.push(Number(epoch));
        await other.ask("release");
      }

      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    });
  });
}
