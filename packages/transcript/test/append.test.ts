import { copyFileSync, renameSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { SessionLockError } from "session-lock";
import { expect, onTestFinished, test, vi } from "vitest";
import { AppendBatch } from "../src/append/append.ts";
import { draftMessage } from "../src/append/draft.ts";
import { LockLooks } from "../src/append/write-right.ts";
import { newHeader } from "../src/file/header.ts";
import { onSessionTranscriptUpdate } from "../src/index.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

const HELD = { assertWritable: () => undefined, assertHeld: () => undefined };

/** A right that is lost at a moment of the test's choosing, as a lock is whose owner is fenced off. */
function losableRight() {
  let isHeld = true;
  const assertHeld = () => {
    if (!isHeld) throw new SessionLockError("LOST", "the lock was lost");
  };
  return { lose: () => void (isHeld = false), assertWritable: assertHeld, assertHeld };
}

function appendOne(log: SessionLog, text: string): void {
  using batch = AppendBatch.begin(log, HELD);
  batch.add(draftMessage(userMessage(text)));
  batch.write();
  batch.acknowledge();
}

function sessionWith(text: string): SessionLog {
  const log = SessionLog.fresh(tempSession(), newHeader({ sessionId: "s1", cwd: "/w" }));
  appendOne(log, text);
  return log;
}

test("a right that is lost before the write keeps the file as it is", () => {
  const log = sessionWith("one");
  const right = losableRight();
  using batch = AppendBatch.begin(log, right);
  batch.add(draftMessage(userMessage("two")));
  right.lose();

  expect(() => batch.write()).toThrow(expect.objectContaining({ code: "LOST" }));

  expect(readRaw(log.path).visible).toEqual(["one"]);
});

test("a right that is lost after the write acknowledges nothing, and the next owner goes on from what is there", async () => {
  const log = sessionWith("one");
  const leaf = log.leafId;
  const right = losableRight();
  const heard: unknown[] = [];
  await setImmediate(); // the first append has been reported
  const stop = onSessionTranscriptUpdate((update) => heard.push(update));
  using batch = AppendBatch.begin(log, right);
  batch.add(draftMessage(userMessage("two")));
  batch.write();
  right.lose();

  expect(() => batch.acknowledge()).toThrow(expect.objectContaining({ code: "LOST" }));
  await setImmediate();
  stop();

  expect(heard).toEqual([]);
  expect(log.leafId).toBe(leaf);
  appendOne(log, "three");
  expect(readRaw(log.path)).toMatchObject({ visible: ["one", "two", "three"], forks: 0 });
});

test("where a takeover has put another file at the path, a look of a moment ago is not enough to write there", () => {
  const log = sessionWith("one");
  const right = losableRight();
  const fresh = { ...right, assertWritable: () => undefined };
  copyFileSync(log.path, `${log.path}.new`);
  renameSync(`${log.path}.new`, log.path);
  right.lose();

  expect(() => AppendBatch.begin(log, fresh)).toThrow(expect.objectContaining({ code: "LOST" }));

  expect(readRaw(log.path).visible).toEqual(["one"]);
});

test("a look at the lock serves the writes of the next millisecond, of the same owner only", () => {
  const lock = { epoch: 1, held: true, assertHeld: vi.fn<() => void>() };
  const next = { ...lock, epoch: 2, assertHeld: vi.fn<() => void>() };
  const looks = new LockLooks();
  const right = looks.rightOf(lock);
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockReturnValue(now);
  onTestFinished(() => clock.mockRestore());

  right.assertHeld();
  right.assertWritable();
  expect(lock.assertHeld).toHaveBeenCalledTimes(1);
  looks.rightOf(next).assertWritable();
  expect(next.assertHeld).toHaveBeenCalledTimes(1);
  clock.mockReturnValue(now + 1.1);
  looks.rightOf(next).assertWritable();
  expect(next.assertHeld).toHaveBeenCalledTimes(2);
  looks.rightOf({ ...next, held: false }).assertWritable();
  expect(next.assertHeld).toHaveBeenCalledTimes(3);
});

test("a batch that meets a writer without the lock keeps that writer's bytes", () => {
  const log = sessionWith("one");
  using batch = AppendBatch.begin(log, HELD);
  const other = SessionLog.open(log.path);
  batch.add(draftMessage(userMessage("two")));
  appendOne(other ?? log, "unlocked");

  batch.write();
  batch.acknowledge();

  expect(readRaw(log.path)).toMatchObject({ unreadable: 0, forks: 1 });
  expect(log.index().entries).toHaveLength(3);
});
