import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { patienceMs } from "./support/patience.ts";
import { memorySession, tempSession } from "./support/temp.ts";

const repetitions = 20;

describe("a counter that is read, changed and written under the lock", () => {
  test.each(["kernel", "lockfile"] as const)(
    `loses nothing among 16 processes on the %s engine, ${repetitions} × 200 times each`,
    async (engine) => {
      await using crowd = await Crowd.gather(16);
      const totals: number[] = [];

      for (let repetition = 0; repetition < repetitions; repetition += 1) {
        const sessionFile = memorySession();
        const counter = `${sessionFile}.count`;
        writeFileSync(counter, "0".padStart(8));
        await crowd.all("count", { sessionFile, engine, counter, times: 200, at: soon() });
        totals.push(Number(readFileSync(counter, "utf8")));
      }

      expect(totals).toEqual(Array.from({ length: repetitions }, () => 16 * 200));
    },
    600_000,
  );

  test.each(["kernel", "lockfile"] as const)(
    `loses nothing among 100 tasks of one process on the %s engine, in ${repetitions} repetitions`,
    async (engine) => {
      const totals: number[] = [];

      for (let repetition = 0; repetition < repetitions; repetition += 1) {
        const sessionFile = tempSession();
        let count = 0;
        const task = () =>
          withSessionWriteLock(
            sessionFile,
            async () => {
              const value = count;
              await new Promise(setImmediate);
              count = value + 1;
            },
            { engine, timeoutMs: patienceMs },
          );
        await Promise.all(Array.from({ length: 100 }, task));
        totals.push(count);
      }

      expect(totals).toEqual(Array.from({ length: repetitions }, () => 100));
    },
  );
});
