import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

test.each([
  "setTimeout((s) => s.appendMessage(m), 1, manager);",
  "setInterval((s) => s.appendMessage(m), 1, manager);",
  "setImmediate((s) => s.appendMessage(m), manager);",
  "process.nextTick((s) => s.appendMessage(m), manager);",
  "globalThis.setTimeout((other, s) => s.appendMessage(m), 1, 2, manager);",
])("a timer's callback is given its arguments when the lock may be gone: %s", (code) => {
  const text = `export const f = (sf, m) => withSessionWriteLock(sf, () => {
const manager = SessionManager.open(sf);
${code}
});`;

  expect(analyzeText(text)).toEqual(["callback 3"]);
});
