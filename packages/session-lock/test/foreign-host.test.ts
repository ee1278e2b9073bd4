import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { publishNew } from "../src/engines/claim-chain.ts";
import { identity } from "../src/owner.ts";
import { RecordWriter } from "../src/record.ts";
import type { Identity } from "../src/record.ts";
import { patienceMs } from "./support/patience.ts";
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
    timeoutMs: patienceMs,
  });

  lock.assertHeld();
  expect(statSync(sessionFile).ino).not.toBe(before);
});

const heartbeat = `
  const { utimesSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  let beats = 0;
  setInterval(() => utimesSync(workerData, 1_000, (beats += 1)), 100);
  parentPort.postMessage("beats");`;

test("a lock of another host is left alone while its heartbeat goes on", async () => {
  const sessionFile = tempSession();
  const record = lockOfOtherHost(sessionFile);
  // In a thread of its own: it goes on when this one is busy, as that of another host does.
  const heart = new Worker(heartbeat, { eval: true, workerData: record });
  onTestFinished(() => void heart.terminate());
  await once(heart, "message");

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
  const patient = { sessionFile, engine: "lockfile", staleMs: 5 * patienceMs } as const;
  expect(tryAcquireSessionWriteLock(patient)).toBeUndefined();

  await using lock = await acquireSessionWriteLock({
    sessionFile,
    engine: "lockfile",
    staleMs: 2_000,
    timeoutMs: patienceMs,
  });

  lock.assertHeld();
});
