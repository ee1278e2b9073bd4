import { describe, expect, test } from "vitest";
import { decode, encode, leastMs, ticketAt, timeOf } from "../src/engines/ticket.ts";

const yearMs = 365 * 24 * 3_600_000;
/** From the first ms of a machine to its 34th year, and what differs from each by as little as a ticket tells. */
const times = [0, 1, 60_000, 1_814_400_000, yearMs, 34 * yearMs].flatMap((ms) => [
  ms,
  ms + leastMs,
  ms + 63 * leastMs,
  ms + 64 * leastMs,
]);

describe("a ticket in the line of those who wait", () => {
  test("is greater than another one if its owner came later, and tells when that was", () => {
    const tickets = times.map(ticketAt);

    expect(tickets.toSorted((a, b) => a - b)).toEqual(tickets);
    expect(new Set(tickets).size).toBe(times.length);
    expect(tickets.map(timeOf)).toEqual(times);
  });

  test("is greater than the blanks of a place where nobody waits", () => {
    const [blank] = new Float64Array(new Uint8Array(8).fill(0x20).buffer);

    expect(ticketAt(0)).toBeGreaterThan(blank ?? Infinity);
  });

  test("is text that a JSON string holds as it is, with every digit there is", () => {
    for (let digit = 0; digit < 64; digit += 1) {
      const value = digit * 64 ** 7 + (63 - digit);
      const text = Buffer.from(new Float64Array([encode(value)]).buffer).toString("latin1");

      expect(JSON.stringify(text)).toBe(`"${text}"`);
      expect(decode(encode(value))).toBe(value);
    }
  });
});
