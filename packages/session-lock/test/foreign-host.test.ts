import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { publishNew } from "../src/engines/claim-chain.ts";
import { identity } from "../src/owner.ts";
import { RecordWriter } from "../src/record.ts";
import type { Identity } from "../src/record.ts";
import { tempSession } from "./support/temp.ts";

/** A lock as a process of another host leaves it on a shared volume; its pid is that of a live process here. */
function lockOfOtherHost(sessionFile: string): string {
  return lockOf({ ...identity(), host: "elsewhere", boot: "another boot" }, sessionFile);
}

function lockOf(owner: Identity, sessionFile: string): string {
  const folder = `${sessionFile}.lock`;
  mkdirSync(folder);
  const writer = new RecordWriter(owner, "lockfile");
  const published = publishNew(
    folder,
    { successor: "after-root" },
    "theirs",
    writer.write(10 ** 15, { purpose: "over there", where: undefined }, "theirs"),
  );
  expect(published).toBeDefined();
  return path.join(folder, "after-root");
}

test("a lock of another host is taken over when its heartbeat stays out, and its owner fenced off", async () => {
  const sessionFile = tempSession();
  writeFileSync(sessionFile, "content");
  const before = statSync(sessionFile).ino;
  lockOfOtherHost(sessionFile);

  await using lock = await acquireSessionWriteLock({
    sessionFile,
    engine: "lockfile",
    staleMs: 2_000,
    timeoutMs: 55_000,
  });

  lock.assertHeld();
  expect(statSync(sessionFile).ino).not.toBe(before);
});

test("a lock of another host is left alone while its heartbeat goes on", async () => {
  const sessionFile = tempSession();
  const record = lockOfOtherHost(sessionFile);
  let beats = 0;
  const heart = setInterval(() => utimesSync(record, 1_000, (beats += 1)), 100);
  onTestFinished(() => clearInterval(heart));

  await expect(
    acquireSessionWriteLock({ sessionFile, engine: "lockfile", staleMs: 2_000, timeoutMs: 5_000 }),
  ).rejects.toMatchObject({ code: "TIMEOUT", holder: { host: "elsewhere", purpose: "over there" } });
});

test("what this machine left on its own disk before it started anew is nobody's, whatever pid it names", async () => {
  const sessionFile = tempSession();
  lockOf({ ...identity(), boot: "an earlier boot" }, sessionFile);

  await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 1_000 });

  lock.assertHeld();
});

test("each call waits as long for a heartbeat as its own staleMs says", async () => {
  const sessionFile = tempSession();
  writeFileSync(sessionFile, "content");
  lockOfOtherHost(sessionFile);
  expect(tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" })).toBeUndefined();

  await using lock = await acquireSessionWriteLock({
    sessionFile,
    engine: "lockfile",
    staleMs: 2_000,
    timeoutMs: 20_000,
  });

  lock.assertHeld();
});
