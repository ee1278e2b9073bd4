/** A unit of a string is at most this many bytes: `\\u0000`, or three of UTF-8. */
const BYTES_PER_UNIT = 6;
/** The longest there is: `-1.2345678901234567e-300`. */
const NUMBER_BYTES = 25;

/** The most bytes that a JSON value can take when it is written out; found without writing it. */
export function mostJsonBytes(value: unknown): number {
  if (typeof value === "string") return stringBytes(value);
  if (typeof value !== "object" || value === null) return NUMBER_BYTES;
  let bytes = 2;
  if (Array.isArray(value)) for (const item of value) bytes += mostJsonBytes(item) + 1;
  else
    for (const [name, field] of Object.entries(value)) bytes += stringBytes(name) + 2 + mostJsonBytes(field);
  return bytes;
}

function stringBytes(text: string): number {
  return text.length * BYTES_PER_UNIT + 2;
}
