import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Looks } from "../src/engines/looks.ts";
import { until } from "./support/until.ts";

test("a wait that is given up leaves no look behind, and the next one has its own", async () => {
  const looks: number[] = [];
  const waits = new Looks((parkedMs) => {
    looks.push(parkedMs);
    return 0;
  });

  waits.begin(5);
  waits.end();
  await delay(50);
  expect(looks).toEqual([]);

  waits.begin(5);
  await until(() => looks.length > 0);
  expect(looks).toEqual([5]);
});
