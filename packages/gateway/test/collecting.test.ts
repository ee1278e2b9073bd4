import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Collecting } from "../src/lane/collecting.ts";
import type { QueueMode } from "../src/lane/queue-mode.ts";

function runIn(queueMode: QueueMode): { readonly queueMode: QueueMode } {
  return { queueMode };
}

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

test("what is collected waits until nothing more has come for half a second", () => {
  const collecting = new Collecting();
  const [first, second] = [runIn("collect"), runIn("collect")];

  collecting.came(first);
  vi.advanceTimersByTime(400);
  collecting.came(second);
  const pauses = [100, 400, 1].map((ms) => {
    vi.advanceTimersByTime(ms);
    return collecting.pauseBefore(first, [first, second]);
  });

  expect(pauses).toEqual([400, 0, 0]);
});

test("a message in another mode waits for no company, and neither do twenty", () => {
  const collecting = new Collecting();
  const twenty = Array.from({ length: 20 }, () => runIn("collect"));
  const [first = runIn("collect")] = twenty;
  for (const run of twenty) collecting.came(run);

  expect(collecting.pauseBefore(first, twenty.slice(0, 19))).toBe(500);
  expect(collecting.pauseBefore(first, twenty)).toBe(0);
  expect(collecting.pauseBefore(runIn("followup"), twenty)).toBe(0);
});

test("only those right behind one another are collected", () => {
  const line = [runIn("collect"), runIn("collect"), runIn("followup"), runIn("collect")];
  const [first = runIn("collect"), second] = line;

  expect(new Collecting().companyOf(first, line)).toEqual([second]);
});
