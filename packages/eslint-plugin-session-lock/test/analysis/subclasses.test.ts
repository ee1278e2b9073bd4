import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const heir = "class S extends SessionManager { save(m) { this.appendMessage(m); } }";

test("a method of a derived manager writes without the lock where it is called without one", () => {
  expect(analyzeText(`${heir}\nexport const f = (sf, m) => S.open(sf).save(m);`)).toEqual(["unlocked 1"]);
  expect(
    analyzeText(`${heir}
export const f = (sf, m) => S.open(sf).save(m);
export const g = (sf, m) => withSessionWriteLock(sf, () => S.open(sf).save(m));`),
  ).toEqual(["calleeNeedsLock 2"]);
});

test("a method of a derived manager holds the lock that its callers hold", () => {
  const code = `${heir}
export const f = (sf, m) => withSessionWriteLock(sf, () => S.open(sf).save(m));`;

  expect(analyzeText(code)).toEqual([]);
});

test("what other files call on a derived manager needs a lock of theirs", () => {
  expect(analyzeText(`export ${heir}`)).toEqual(["callerMustLock 1"]);
});

test("a method that overrides one of the manager is run in its place, and super is the manager", () => {
  const code = (write: string): string => `class S extends SessionManager {
  appendMessage(m) { ${write} }
}
export const f = (sf, m) => S.open(sf).appendMessage(m);`;

  expect(analyzeText(code("super.appendMessage(m);"))).toEqual(["unlocked 2"]);
  expect(analyzeText(code("return withSessionWriteLock(this.file, () => super.appendMessage(m));"))).toEqual(
    [],
  );
});
