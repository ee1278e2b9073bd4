import { describe, expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** A loop whose body holds the lock in a `try`, with the code in it and the code in its `finally`. */
function inTry(code: string, finalizer: string): string {
  return `export async function* f(sessionFile, p, list) {
  outer: for (const item of list) {
    for (const x of item) {
      const lock = await acquireSessionWriteLock({ sessionFile });
      try { ${code} }
      finally { ${finalizer} }
    }
  }
}`;
}

const completions = [
  "p;",
  "return;",
  "return p;",
  "throw p;",
  "break;",
  "continue;",
  "break outer;",
  "continue outer;",
  "g();",
  "yield p;",
  "if (p) return; else if (x) break; else continue outer;",
  "try { return p; } finally { p; }",
  "switch (p) { case 1: return; case 2: break outer; default: continue; }",
  "block: { if (p) break block; return; }",
];

describe("finally", () => {
  test.each(completions)("releases on the way of: %s", (code) => {
    expect(analyzeText(inTry(code, "await lock.release();"))).toEqual([]);
  });

  test.each(completions)("that does not release leaks on the way of: %s", (code) => {
    expect(analyzeText(inTry(code, "p;")).join()).toMatch(/leaks(OnThrow)? 4/);
  });

  test.each(completions)("that releases on one of its own ways only leaks on the way of: %s", (code) => {
    expect(analyzeText(inTry(code, "if (p.x) await lock.release();")).join()).toMatch(/leaks(OnThrow)? 4/);
  });

  test("that returns takes the place of what was on its way", () => {
    const code = `export async function f(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { throw message; } finally { await lock.release(); return 1; }
  SessionManager.open(sessionFile).appendMessage(message);
}`;

    expect(analyzeText(code)).toEqual([]);
  });

  test("that breaks ends an exception, and the code after the loop runs without the lock", () => {
    const code = `export async function f(sessionFile, message) {
  for (;;) {
    const lock = await acquireSessionWriteLock({ sessionFile });
    try { g(); } finally { await lock.release(); break; }
  }
  SessionManager.open(sessionFile).appendMessage(message);
}`;

    expect(analyzeText(code)).toEqual(["released 6"]);
  });

  test("runs before what follows it sees the world: a write in it holds what the try held", () => {
    const code = `export async function f(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    return g();
  } finally {
    try { SessionManager.open(sessionFile).appendMessage(message); } finally { await lock.release(); }
    SessionManager.open(sessionFile).appendMessage(message);
  }
}`;

    expect(analyzeText(code)).toEqual(["released 7"]);
  });
});

/** A loop whose body owns the lock by a declaration, and a write behind the loop. */
function inBlock(declaration: string, code: string): string {
  return `export async function* f(sessionFile, p, list, message) {
  outer: for (const item of list) {
    for (const x of item) { ${declaration} ${code} }
  }
  SessionManager.open(sessionFile).appendMessage(message);
}`;
}

describe.each([
  ["await using", "await using lock = await acquireSessionWriteLock({ sessionFile });"],
  ["using", "using lock = tryAcquireSessionWriteLock({ sessionFile });"],
])("%s", (_, declaration) => {
  test.each(completions)("releases on the way of: %s", (code) => {
    const reports = analyzeText(inBlock(declaration, code));

    expect(reports).toEqual([expect.stringMatching(/^(unlocked|released|notOnEveryPath) 5$/)]);
  });
});

test("await using holds the lock to the end of its block, and not after it", () => {
  const code = `export async function f(sessionFile, message) {
  {
    await using lock = await acquireSessionWriteLock({ sessionFile });
    SessionManager.open(sessionFile).appendMessage(message);
  }
  SessionManager.open(sessionFile).appendMessage(message);
}`;

  expect(analyzeText(code)).toEqual(["released 6"]);
});

test("using declarations end in the opposite order", () => {
  const code = `export async function f(a, b, message) {
  await using first = await acquireSessionWriteLock({ sessionFile: a.sessionFile });
  await using second = await acquireSessionWriteLock({ sessionFile: b.sessionFile });
  using writer = { [Symbol.dispose]() { SessionManager.open(b.sessionFile).appendMessage(message); } };
}`;

  expect(analyzeText(code)).toEqual(["unlocked 4"]);
});

test("a try that acquires at once or not at all holds the lock where it was asked", () => {
  const code = `export function f(sessionFile, message) {
  using lock = tryAcquireSessionWriteLock({ sessionFile });
  if (lock === undefined) return false;
  SessionManager.open(sessionFile).appendMessage(message);
  return true;
}`;

  expect(analyzeText(code)).toEqual([]);
  expect(analyzeText(code.replace("  if (lock === undefined) return false;\n", ""))).toEqual([
    "notOnEveryPath 3",
  ]);
});
