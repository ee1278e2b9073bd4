import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } from "session-lock";
import { Crowd, soon } from "./support/crowd.ts";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

const size = 16;

interface Wait {
  /** How many others were served meanwhile. */
  readonly passedOver: number;
  readonly ms: number;
}

// In the grants to others, not in ms: a machine that is busy with other things delays everybody, and is fair.
test.each([
  ["kernel", 10],
  ["lockfile", 4],
])(
  `of ${size} processes that want the lock all the time (%s), none is passed over for more than %i rounds`,
  async (engine, rounds) => {
    await using crowd = await Crowd.gather(size);

    const waits = await contend(crowd, engine, 60);

    expect(waits).toHaveLength(size * 60);
    expect(Math.max(...waits.map(({ passedOver }) => passedOver))).toBeLessThan(rounds * size);
  },
  600_000,
);

// A ratio within one run: a slow machine is slow for all. The first round loads code and starts threads.
test.each(["kernel", "lockfile"])(
  `of ${size} processes that want the lock all the time (%s), none waits longer than 20 times the median`,
  async (engine) => {
    await using crowd = await Crowd.gather(size);
    await contend(crowd, engine, 10);

    const waits = (await contend(crowd, engine, 60)).map(({ ms }) => ms).sort((a, b) => a - b);

    expect(waits.at(-1)).toBeLessThan(20 * Number(waits[waits.length / 2]));
  },
  600_000,
);

async function contend(crowd: Crowd, engine: string, times: number): Promise<readonly Wait[]> {
  const sessionFile = tempSession();
  const counter = `${sessionFile}.count`;
  writeFileSync(counter, "0".padStart(8));
  const task = { sessionFile, engine, counter, times, holdMs: 2, at: soon() };
  return (await crowd.all("contend", task)).flatMap((waits) => waits as Wait[]);
}

test.each(["kernel", "lockfile"] as const)(
  "tasks of one process get the lock in the order they asked (%s)",
  async (engine) => {
    const sessionFile = tempSession();
    const order: number[] = [];
    const task = async (number: number) => {
      await using lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });
      lock.assertHeld();
      order.push(number);
    };

    await Promise.all(Array.from({ length: 50 }, (_, number) => task(number)));

    expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
  },
);

test("who comes to a lock folder that was just left to a waiting process does not go in front of it", async () => {
  const sessionFile = tempSession();
  const options = { sessionFile, engine: "lockfile", timeoutMs: patienceMs } as const;
  await using waiter = await Driver.start();
  const lock = await acquireSessionWriteLock(options);
  const waiting = waiter.ask("acquire", options);
  await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);
  waiter.signal("SIGSTOP"); // so that the turn stays its own
  await until(() => isStopped(waiter.pid));

  await lock.release();
  const early = tryAcquireSessionWriteLock(options);
  waiter.signal("SIGCONT");

  expect(early).toBeUndefined();
  await expect(waiting).resolves.toHaveProperty("epoch");
});
