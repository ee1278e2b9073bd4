import { expect, test } from "vitest";
import { mostJsonBytes } from "../src/session/json-size.ts";

test.each([
  ["an empty text", ""],
  ["control characters", "\u0000\u001f\n"],
  ["a half of a pair", "\ud83d"],
  ["a whole pair", "\u{1f512}"],
  ["quotes and backslashes", `"\\"`],
  ["long numbers", [-Number.MIN_VALUE, -1 / 3e300]],
  ["what is not there", null],
  ["a truth", false],
  ["empty containers", [{}, [], {}]],
  ["names that need escapes", { "\u0000": { "\u00e9": ["\u20ac"] } }],
  ["a row", { seq: 12, message: { role: "user", content: [{ type: "text", text: "h\u00e9llo" }] } }],
])("%s takes no more bytes than the measure says", (_, value) => {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  expect(mostJsonBytes(value)).toBeGreaterThanOrEqual(bytes);
});

test("a text of a megabyte is not taken for more than six", () => {
  expect(mostJsonBytes("a".repeat(1_000_000))).toBeLessThanOrEqual(6_000_002);
});
