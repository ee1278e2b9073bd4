import { endianness } from "node:os";

/**
 * When somebody came to wait, as it stands in a lock file: eight characters that a JSON string may hold as they are. Read as a double they
 * are ordered as the times are, so that to find who came first nothing is decoded. 0 stands for none.
 */
export type Ticket = number;

/** Where doubles are stored the other way round, tickets would not be ordered. */
export const areTicketsOrdered = endianness() === "LE";

/** How exact a ticket is: so many of them make a ms. Eight digits then last for 34 years since the start of the machine. */
const perMs = 2 ** 8;
/** What a ticket grows by at the least, in ms. */
export const leastMs = 1 / perMs;

/** 64 characters in a row, without the backslash, which JSON would take for the beginning of an escape. */
const firstDigit = 0x3e;
const backslash = 0x5c;
const digits = 8;

const bytes = Buffer.alloc(digits);
const double = new Float64Array(bytes.buffer, bytes.byteOffset, 1);

/** `ms`: since the start of the machine. */
export function ticketAt(ms: number): Ticket {
  return encode(Math.floor(ms * perMs));
}

/** In ms since the start of the machine. */
export function timeOf(ticket: Ticket): number {
  return decode(ticket) / perMs;
}

/** A whole number from 0 to 2^48-1, as a ticket is written: least significant digit first. */
export function encode(value: number): number {
  let rest = value;
  for (let at = 0; at < digits; at += 1) {
    const code = firstDigit + (rest % 64);
    bytes[at] = code < backslash ? code : code + 1;
    rest = Math.floor(rest / 64);
  }
  return double[0] ?? 0;
}

/** The reverse of it. */
export function decode(encoded: number): number {
  double[0] = encoded;
  let value = 0;
  for (let at = digits - 1; at >= 0; at -= 1) {
    const code = bytes[at] ?? 0;
    value = value * 64 + (code < backslash ? code : code - 1) - firstDigit;
  }
  return value;
}
