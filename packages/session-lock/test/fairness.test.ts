import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { tempSession } from "./support/temp.ts";

interface Wait {
  /** How many others were served meanwhile. */
  readonly passedOver: number;
  readonly ms: number;
}

describe("of 16 processes that want the lock all the time, none that wants it", () => {
  // Counted in grants, not in ms: a machine that is busy with other things delays everybody, and is fair.
  test("is passed over for more than 10 rounds", async () => {
    await using crowd = await Crowd.gather(16);

    const waits = await contend(crowd, 60);

    expect(waits).toHaveLength(16 * 60);
    expect(Math.max(...waits.map(({ passedOver }) => passedOver))).toBeLessThan(10 * 16);
  }, 120_000);

  // A ratio within one run: a slow machine is slow for all. The first round loads code and starts threads.
  test("waits longer than 20 times the median", async () => {
    await using crowd = await Crowd.gather(16);
    await contend(crowd, 10);

    const waits = (await contend(crowd, 60)).map(({ ms }) => ms).sort((a, b) => a - b);

    expect(waits.at(-1)).toBeLessThan(20 * Number(waits[waits.length / 2]));
  }, 120_000);
});

async function contend(crowd: Crowd, times: number): Promise<readonly Wait[]> {
  const sessionFile = tempSession();
  const counter = `${sessionFile}.count`;
  writeFileSync(counter, "0".padStart(8));
  const task = { sessionFile, engine: "kernel", counter, times, holdMs: 2, at: soon() };
  return (await crowd.all("contend", task)).flatMap((waits) => waits as Wait[]);
}

test.each(["kernel", "lockfile"] as const)(
  "tasks of one process get the lock in the order they asked (%s)",
  async (engine) => {
    const sessionFile = tempSession();
    const order: number[] = [];
    const task = async (number: number) => {
      await using lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 60_000 });
      lock.assertHeld();
      order.push(number);
    };

    await Promise.all(Array.from({ length: 50 }, (_, number) => task(number)));

    expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
  },
);
