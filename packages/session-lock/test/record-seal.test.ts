import { openSync, statSync, utimesSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { hasSeal, sealFile } from "../src/engines/record-seal.ts";
import { tempSession } from "./support/temp.ts";

test("a seal is there until the next write, however quickly that follows", () => {
  const file = tempSession();
  const fd = openSync(file, "w+");
  let epoch = Date.now() * 1_000;
  for (let round = 0; round < 200; round += 1) {
    writeSync(fd, "x", 0);
    epoch += 1 + round;
    const seal = sealFile(fd, epoch);

    expect(seal).toBeDefined();
    expect(hasSeal(statSync(file), seal)).toBe(true);
    writeSync(fd, "y", 0);
    expect(hasSeal(statSync(file), seal)).toBe(false);
  }
});

test("the seal of the next epoch is another one", () => {
  const file = tempSession();
  const fd = openSync(file, "w+");
  const epoch = Date.now() * 1_000;
  const first = sealFile(fd, epoch);

  sealFile(fd, epoch + 1);

  expect(hasSeal(statSync(file), first)).toBe(false);
});

test("a seal that lost its microseconds is none", () => {
  const file = tempSession();
  const fd = openSync(file, "w+");
  const epoch = Date.now() * 1_000 + 1;
  const seal = sealFile(fd, epoch);

  const wholeSecond = Math.floor(epoch / 1_000_000);
  utimesSync(file, wholeSecond, wholeSecond);

  expect(hasSeal(statSync(file), seal)).toBe(false);
  expect(hasSeal(statSync(file), undefined)).toBe(false);
});
