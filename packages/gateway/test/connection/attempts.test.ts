import { expect, test } from "vitest";
import { AuthAttempts } from "../../src/connection/attempts.ts";

test("an address has to wait for whole milliseconds, which is what the protocol can say", () => {
  const attempts = new AuthAttempts();

  for (let guess = 0; guess < 10; guess += 1) attempts.failed("192.0.2.1");

  const waits = Array.from({ length: 10 }, () => attempts.blockedForMs("192.0.2.1"));
  expect(waits.filter((ms) => !Number.isInteger(ms))).toEqual([]);
});
