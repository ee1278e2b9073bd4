import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** Functions that call one another, on lines 1 to `count`; the last one writes. */
function chain(count: number): string {
  const links = Array.from({ length: count - 1 }, (_, at) => `function h${at}(sf, m) { h${at + 1}(sf, m); }`);
  return [...links, `function h${count - 1}(sf, m) { SessionManager.open(sf).appendMessage(m); }`].join("\n");
}

test.each([2, 11, 12, 13, 40])(
  "a chain of %i functions holds the lock that its only caller holds",
  (count) => {
    const code = `${chain(count)}
export const save = (sf, m) => withSessionWriteLock(sf, () => h0(sf, m));`;

    expect(analyzeText(code)).toEqual([]);
  },
);

test.each([2, 11, 12, 13, 40])("a chain of %i functions that is called without a lock has none", (count) => {
  const code = `${chain(count)}
export const save = (sf, m) => h0(sf, m);`;

  expect(analyzeText(code)).toEqual([`unlocked ${count}`]);
});

test("a chain that one caller enters without the lock is reported at that call", () => {
  const code = `${chain(20)}
export const save = (sf, m) => withSessionWriteLock(sf, () => h0(sf, m));
export const forget = (sf, m) => h0(sf, m);`;

  expect(analyzeText(code)).toEqual(["calleeNeedsLock 22"]);
});

test("functions that call one another in a circle come to an end", () => {
  const code = `function a(sf, m) { SessionManager.open(sf).appendMessage(m); b(sf, m); }
function b(sf, m) { a(sf, m); }
export const save = (sf, m) => withSessionWriteLock(sf, () => a(sf, m));`;

  expect(analyzeText(code)).toEqual([]);
});

test("nothing is said of a function whose callers there was no time to see", () => {
  const calls = (name: string): string => `${name}(sf, m);`.repeat(12);
  const links = Array.from({ length: 8 }, (_, at) => `function h${at}(sf, m) { ${calls(`h${at + 1}`)} }`);
  const code = `${links.join("\n")}
function h8(sf, m) { last(sf, m); }
export const save = (sf, m) => withSessionWriteLock(sf, () => { h0(sf, m); late(sf, m); });
function late(sf, m) { SessionManager.open(sf).appendMessage(m); }
function last(sf, m) { SessionManager.open(sf).appendMessage(m); }`;

  expect(analyzeText(code)).toEqual([]);
}, 30_000);
