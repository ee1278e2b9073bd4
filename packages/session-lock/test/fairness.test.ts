import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { tempSession } from "./support/temp.ts";

/** Counted in grants, not in milliseconds: a machine that is busy with other things delays everybody, and is fair. */
test("no process that wants the lock is passed over for more than 10 rounds of the 16 that want it all the time", async () => {
  const sessionFile = tempSession();
  const counter = `${sessionFile}.count`;
  writeFileSync(counter, "0".padStart(8));
  await using crowd = await Crowd.gather(16);

  const answers = await crowd.all("contend", {
    sessionFile,
    engine: "kernel",
    counter,
    times: 60,
    holdMs: 2,
    at: soon(),
  });

  const passedOver = answers.flatMap((answer) => answer as number[]);
  expect(passedOver).toHaveLength(16 * 60);
  expect(Math.max(...passedOver)).toBeLessThan(10 * 16);
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
