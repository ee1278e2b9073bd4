import { execFileSync } from "node:child_process";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  cleanSessionLocks,
  inspectSessionLock,
  tryAcquireSessionWriteLock,
} from "session-lock";
import { workerPath } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";

/** As a power cut leaves a new record of ours: not one byte of it, only its length, or a part. */
const remnants = [
  { what: "nothing", content: "" },
  { what: "zeros", content: "\0".repeat(1024) },
  { what: "the beginning", content: `{"epoch":1785${"\0".repeat(500)}` },
];

/** A lock file from before this machine started. */
function leave(content: string, sessionFile = tempSession()): string {
  const lockPath = `${sessionFile}.lock`;
  writeFileSync(lockPath, content);
  utimesSync(lockPath, 1_000_000_000, 1_000_000_000);
  return sessionFile;
}

function notedCalls(engine: string): string[] {
  const calls = execFileSync(process.execPath, [workerPath("notes-calls.js"), tempSession(), engine]);
  return JSON.parse(calls.toString()) as string[];
}

// A name can reach the disk before what it names, and a lockfile lock is not only this machine's, so nothing tells its age.
test("a lock of the lockfile engine gets its name when its record is on the disk", () => {
  const calls = notedCalls("lockfile");

  const [write, sync, link] = ["writeSync", "fsyncSync", "linkSync"].map((name) => calls.indexOf(name));
  expect(write).toBeGreaterThanOrEqual(0);
  expect(sync).toBeGreaterThan(write ?? 0);
  expect(link).toBeGreaterThan(sync ?? 0);
});

test("a lock of the kernel engine does not wait for the disk", () => {
  const calls = notedCalls("kernel");

  expect(calls).toContain("linkSync");
  expect(calls).not.toContain("fsyncSync");
});

test.each(remnants)(
  "a kernel lock file of which a power cut left $what is taken over",
  async ({ content }) => {
    const sessionFile = leave(content);
    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "leftover" });

    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });

    lock.assertHeld();
    expect(JSON.parse(readFileSync(`${sessionFile}.lock`, "utf8"))).toMatchObject({ pid: process.pid });
  },
);

test.each(remnants)("a file of after the start that holds $what counts as held", ({ content }) => {
  const sessionFile = tempSession();
  writeFileSync(`${sessionFile}.lock`, content);

  expect(tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" })).toBeUndefined();
  expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held" });
});

test("an old file of another kind counts as held", () => {
  const sessionFile = leave("hello");

  expect(tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" })).toBeUndefined();
});

test("cleaning removes what power cuts left", () => {
  const folder = tempFolder();
  for (const { what, content } of remnants) leave(content, path.join(folder, `${what}.jsonl`));

  const { removed, kept } = cleanSessionLocks(folder);

  expect(removed).toHaveLength(remnants.length);
  expect(kept).toEqual([]);
});
