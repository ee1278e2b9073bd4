import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const write = "SessionManager.open(sessionFile).appendMessage(m);";
const acquire = "lock = await acquireSessionWriteLock({ sessionFile });";

/** A function with a lock variable; the code's first line is line 2. */
function body(code: string): string {
  return `export async function f(sessionFile, m, p, q, list) { let lock;
${code}
}`;
}

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a loop that acquires and releases in each round holds nothing after it",
    `for (const x of list) { ${acquire} try { ${write} } finally { await lock.release(); } }\n${write}`,
    ["unlocked 3"],
  ],
  [
    "a loop that releases in its first round writes without the lock in the second",
    `${acquire}\ntry { for (const x of list) {\n${write}\nawait lock.release(); } } finally { await lock?.release(); }`,
    ["notOnEveryPath 4"],
  ],
  [
    "a while loop that may run no round acquires perhaps",
    `while (p) { ${acquire} break; }\ntry { ${write} }\nfinally { await lock?.release(); }`,
    ["notOnEveryPath 3"],
  ],
  [
    "a do loop runs once at least",
    `do { ${acquire} } while (p && !lock);\ntry { ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "an endless loop is left by its break only",
    `for (;;) { ${acquire} if (p) break; await lock.release(); }\ntry { ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "a for loop's update runs after a continue",
    `${acquire}\nfor (let i = 0; i < 2; i += SessionManager.open(sessionFile).appendMessage(m)) { if (p) continue; await lock.release(); break; }`,
    ["leaks 2", "leaksOnThrow 2"],
  ],
  [
    "for await may stop with an exception at each round",
    `${acquire}\nfor await (const x of list) { p; }\nawait lock.release();`,
    ["leaksOnThrow 2"],
  ],
  [
    "a labelled break leaves both loops with the lock that is held",
    `outer: for (const x of list) { for (const y of x) { if (y) { ${acquire} break outer; } } }\ntry { ${write} }\nfinally { await lock?.release(); }`,
    ["notOnEveryPath 3"],
  ],
  [
    "a labelled block is left by its break",
    `locked: { if (p) break locked; ${acquire} }\ntry { ${write} }\nfinally { await lock?.release(); }`,
    ["notOnEveryPath 3"],
  ],
  [
    "a labelled continue goes on with the outer loop",
    `outer: for (const x of list) { ${acquire} try { for (const y of x) { if (y) continue outer; } ${write} } finally { await lock.release(); } }`,
    [],
  ],
  [
    "a switch falls through to the next case",
    `switch (p) { case 1: ${acquire} case 2:\n${write} }\nawait lock?.release();`,
    ["leaksOnThrow 2", "notOnEveryPath 3"],
  ],
  [
    "a switch without a default may run no case",
    `switch (p) { case 1: ${acquire} break; case 2: ${acquire} break; }\ntry { ${write} }\nfinally { await lock?.release(); }`,
    ["notOnEveryPath 3"],
  ],
  [
    "a switch whose every case acquires holds the lock",
    `switch (p) { case 1: ${acquire} break; default: ${acquire} }\ntry { ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "a break in a switch inside a loop leaves the switch only",
    `${acquire}\ntry { for (const x of list) { switch (x) { case 1: break; default: ${write} } } ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "a condition that was decided stays decided while its variable does not change",
    `if (p) ${acquire}\ntry { if (p) ${write} } finally { if (p) await lock.release(); }`,
    [],
  ],
  [
    "two conditions are two decisions",
    `if (p) ${acquire}\ntry { if (q) ${write} } finally { if (p) await lock.release(); }`,
    ["notOnEveryPath 3"],
  ],
  [
    "an early return takes its way out of the rest",
    `if (!p) return;\n${acquire}\ntry { ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "?? and ||= acquire only where there is no lock",
    `lock ??= await acquireSessionWriteLock({ sessionFile });\ntry { ${write} } finally { await lock.release(); }`,
    [],
  ],
  [
    "a nested function is other code at another time",
    `${acquire}\ntry { setTimeout(() => { ${write} }); } finally { await lock.release(); }`,
    ["callback 3"],
  ],
];

test.each(cases)("%s", (_, code, findings) => {
  expect(analyzeText(body(code))).toEqual(findings);
});

test("a generator may be left at a yield, by return() or by an exception, and its finally blocks run then", () => {
  const generator = (tail: string): string => `export async function* f(sessionFile, list) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  ${tail}
}`;

  expect(analyzeText(generator("try { yield 1; } finally { await lock.release(); }"))).toEqual([]);
  expect(analyzeText(generator("yield 1; await lock.release();"))).toContain("leaks 2");
  expect(analyzeText(generator("for await (const x of list) yield x; await lock.release();"))).not.toEqual(
    [],
  );
});

test("a generator holds the lock across a yield", () => {
  const code = `export async function* f(sessionFile, list) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  for (const m of list) { yield m; ${write} }
}`;

  expect(analyzeText(code)).toEqual([]);
});
