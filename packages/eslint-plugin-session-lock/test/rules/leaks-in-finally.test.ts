import { describe, expect, test } from "vitest";
import { lint } from "../lint.ts";

const inside = (body: string): string => `import { acquireSessionWriteLock } from "session-lock";
export async function save(sessionFile, session) {
${body}
}`;

describe("a release that comes too late in a `finally` that is in charge is told from a `try` that comes too late", () => {
  test.each([
    {
      title: "right after the acquire",
      body: `const lock = await acquireSessionWriteLock({ sessionFile });
try { await write(); } finally { session.dispose(); await lock.release(); }`,
    },
    {
      title: "with declarations between that run no code",
      body: `const lock = await acquireSessionWriteLock({ sessionFile });
let manager; const kind = "run"; function later() {}
try { manager = await open(kind, later); } finally { session.dispose(); await lock.release(); }`,
    },
    {
      title: "with the acquire inside",
      body: `let lock;
try { lock = await acquireSessionWriteLock({ sessionFile }); await write(); } finally { session.dispose(); await lock?.release(); }`,
    },
  ])("$title", ({ body }) => {
    expect(lint(inside(body))).toEqual([expect.stringMatching(/^release-session-lock\/leaksInFinally \d$/)]);
  });

  test.each([
    {
      title: "a call between the acquire and the try",
      body: `const lock = await acquireSessionWriteLock({ sessionFile });
const manager = open();
try { await write(manager); } finally { await lock.release(); }`,
    },
    {
      title: "a finally around the acquire that has nothing to do with it",
      body: `let lock;
try { lock = await acquireSessionWriteLock({ sessionFile }); await write(); } finally { session.dispose(); }
await lock.release();`,
    },
  ])("$title", ({ body }) => {
    expect(lint(inside(body))).toEqual([expect.stringMatching(/^release-session-lock\/leaksOnThrow \d$/)]);
  });
});
