import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { tempSession } from "./support/temp.ts";

describe("a counter that is read, changed and written under the lock", () => {
  test.each([
    ["kernel", 20, 200],
    ["lockfile", 1, 200],
  ] as const)(
    "loses nothing among 16 processes on the %s engine, %i × %i times each",
    async (engine, repetitions, times) => {
      await using crowd = await Crowd.gather(16);
      const totals: number[] = [];

      for (let repetition = 0; repetition < repetitions; repetition += 1) {
        const sessionFile = tempSession();
        const counter = `${sessionFile}.count`;
        writeFileSync(counter, "0".padStart(8));
        await crowd.all("count", { sessionFile, engine, counter, times, at: soon() });
        totals.push(Number(readFileSync(counter, "utf8")));
      }

      expect(totals).toEqual(Array.from({ length: repetitions }, () => 16 * times));
    },
    180_000,
  );

  test.each(["kernel", "lockfile"] as const)(
    "loses nothing among 100 tasks of one process on the %s engine, in 20 repetitions",
    async (engine) => {
      const totals: number[] = [];

      for (let repetition = 0; repetition < 20; repetition += 1) {
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
            { engine, timeoutMs: 60_000 },
          );
        await Promise.all(Array.from({ length: 100 }, task));
        totals.push(count);
      }

      expect(totals).toEqual(Array.from({ length: 20 }, () => 100));
    },
    120_000,
  );
});
