import { expect, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { tempSession } from "./support/temp.ts";

test("no process waits longer than 20 times the median among 16 that want the lock all the time", async () => {
  const sessionFile = tempSession();
  await using crowd = await Crowd.gather(16);

  const answers = await crowd.all("contend", {
    sessionFile,
    engine: "kernel",
    times: 20,
    holdMs: 2,
    at: soon(),
  });

  const waits = answers.flatMap((answer) => answer as number[]).sort((a, b) => a - b);
  const median = Number(waits[Math.floor(waits.length / 2)]);
  expect(waits).toHaveLength(16 * 20);
  expect(waits.at(-1)).toBeLessThan(20 * median);
}, 120_000);

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
