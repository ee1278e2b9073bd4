import { expect, test } from "vitest";
import { World } from "../../src/analysis/world.ts";
import { meet } from "../../src/analysis/worlds.ts";

const start = new World().bind("file", { kind: "global", name: "file" });

test("two ways that differ in one decision are one way that does not know it", () => {
  const [only, ...others] = meet([start.assume("a", true), start.assume("a", false)]);

  expect(others).toEqual([]);
  expect(only?.decided).toEqual([]);
  expect(only?.key).toBe(start.key);
});

test("all the ways of eight decisions are one", () => {
  const ways = ["a", "b", "c", "d", "e", "f", "g", "h"].reduce<readonly World[]>(
    (before, name) => before.flatMap((way) => [way.assume(name, true), way.assume(name, false)]),
    [start],
  );

  expect(ways).toHaveLength(256);
  expect(meet(ways).map(({ key }) => key)).toEqual([start.key]);
});

test("a way that knows more than another, and nothing else, is that way", () => {
  expect(meet([start.assume("a", true), start]).map(({ key }) => key)).toEqual([start.key]);
});

test("a decision that something else depends on is kept", () => {
  const ways = [
    start.assume("a", true).bind("isHeld", { kind: "boolean", value: true }),
    start.assume("a", false).bind("isHeld", { kind: "boolean", value: false }),
  ];

  expect(meet(ways)).toHaveLength(2);
});
