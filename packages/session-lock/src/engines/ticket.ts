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

/** Half of the digits are a number that bits can be taken from. */
const half = 2 ** 24;

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
  const high = Math.floor(value / half);
  writeHalf(0, value - high * half);
  writeHalf(digits / 2, high);
  return double[0] ?? 0;
}

/** The reverse of it. */
export function decode(encoded: number): number {
  double[0] = encoded;
  return readHalf(digits / 2) * half + readHalf(0);
}

function writeHalf(from: number, value: number): void {
  for (let at = from, rest = value; at < from + digits / 2; at += 1, rest >>= 6) {
    const code = firstDigit + (rest & 63);
    bytes[at] = code < backslash ? code : code + 1;
  }
}

function readHalf(from: number): number {
  let value = 0;
  for (let at = from + digits / 2 - 1; at >= from; at -= 1) {
    const code = bytes[at] ?? 0;
    value = (value << 6) | ((code < backslash ? code : code - 1) - firstDigit);
  }
  return value;
}
