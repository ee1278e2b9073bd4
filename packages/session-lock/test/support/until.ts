import { setTimeout as delay } from "node:timers/promises";

/** Waits for a condition; the test's own deadline is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}
