import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { AppendQueue } from "../src/append/append-queue.ts";
import type { Durability } from "../src/append/durability.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import type { Disk } from "../src/file/disk.ts";
import { draftMessage } from "../src/append/draft.ts";
import type { EntryDraft } from "../src/append/draft.ts";
import { newHeader } from "../src/file/header.ts";
import { openTranscript } from "../src/index.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

type Fault = "write" | "short write" | "sync" | "truncate";

function failure(errno: string): Error {
  return Object.assign(new Error(`${errno}: injected`), { code: errno });
}

/** A real disk that fails in the ways it is told to, with this error, and counts its syncs. */
function faultyDisk(errno = "EIO") {
  const faults = new Set<Fault>();
  let syncs = 0;
  const failOn = (fault: Fault) => {
    if (faults.has(fault)) throw failure(errno);
  };
  const disk: Disk = {
    write(fd, data, offset) {
      failOn("write");
      const bytes = Buffer.from(data);
      const isShort = faults.has("short write") && bytes.length - offset > 1;
      const end = isShort ? offset + Math.ceil((bytes.length - offset) / 2) : bytes.length;
      const written = SYSTEM_DISK.write(fd, bytes.subarray(0, end), offset);
      // A disk that is full takes a part of the bytes, and then none.
      if (isShort) faults.add("write");
      return written;
    },
    truncate(fd, size) {
      failOn("truncate");
      SYSTEM_DISK.truncate(fd, size);
    },
    syncNow(fd) {
      failOn("sync");
      SYSTEM_DISK.syncNow(fd);
    },
    async sync(fd) {
      syncs += 1;
      failOn("sync");
      await SYSTEM_DISK.sync(fd);
    },
  };
  return { disk, faults, syncs: () => syncs };
}

async function queueOn(disk: Disk, durability: Durability = "fdatasync", takesAppends = false) {
  const file = tempSession();
  const created = await openTranscript(file, { create: { cwd: "/w" } });
  await created.close();
  const log = SessionLog.open(file) ?? SessionLog.fresh(file, newHeader({ sessionId: "s", cwd: "/w" }));
  const spill = takesAppends ? { file: `${file}.spill`, takesAppends } : undefined;
  const queue = new AppendQueue(log, { durability, disk, spill });
  const add = (drafts: readonly EntryDraft[]) => queue.append({ drafts, expected: undefined, lock: {} });
  const append = (text: string, key?: string) => add([draftMessage(userMessage(text), key)]);
  const appendMany = (...texts: readonly string[]) =>
    add(texts.map((text) => draftMessage(userMessage(text))));
  return { file, append, appendMany, log };
}

// Some file systems tell that a disk is full, or a quota used up, only when they are asked to sync.
const failures = (["EIO", "ENOSPC", "EDQUOT"] as const).flatMap((errno) =>
  (["write", "short write", "sync"] as const).map((fault) => ({ errno, fault })),
);

test.each(failures)(
  "$errno at a $fault leaves no byte, and the next append goes on",
  async ({ errno, fault }) => {
    const { disk, faults } = faultyDisk(errno);
    const { file, append, log } = await queueOn(disk);
    await append("one");
    const before = readFileSync(file);
    const { leafId } = log;

    faults.add(fault);
    await expect(append("two")).rejects.toMatchObject({ code: "IO", errno });
    const after = readFileSync(file);
    faults.clear();
    await append("three");

    expect(after).toEqual(before);
    expect(log.leafId).not.toBe(leafId);
    expect(readRaw(file)).toMatchObject({ visible: ["one", "three"], forks: 0, unreadable: 0 });
  },
);

test("what a failed sync left behind is never built upon, however well the next sync goes", async () => {
  const { disk, faults } = faultyDisk();
  const { file, append } = await queueOn(disk);
  await append("one");

  faults.add("sync").add("truncate");
  await expect(append("unsynced")).rejects.toMatchObject({ code: "IO" });
  faults.delete("sync");
  await expect(append("still refused")).rejects.toMatchObject({ code: "IO" });
  faults.clear();
  await append("two");

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two"], forks: 0, unreadable: 0 });
});

/** A disk that once takes all but the last byte, refuses the rest, and then refuses to cut off what it took. */
function halfWrittenOnce(): Disk {
  let writes = 0;
  let truncates = 0;
  return {
    ...SYSTEM_DISK,
    write(fd, data, offset) {
      writes += 1;
      if (writes === 2) throw failure("ENOSPC");
      return SYSTEM_DISK.write(fd, writes === 1 ? Buffer.from(data).subarray(0, -1) : data, offset);
    },
    truncate(fd, size) {
      truncates += 1;
      if (truncates === 1) throw failure("EIO");
      SYSTEM_DISK.truncate(fd, size);
    },
  };
}

test("whole lines of a write that failed, and could not be taken back, are not built upon", async () => {
  const { file, appendMany } = await queueOn(halfWrittenOnce());

  await expect(appendMany("one", "two")).rejects.toMatchObject({ code: "IO" });
  await appendMany("three");

  expect(readRaw(file)).toMatchObject({ visible: ["three"], forks: 0, unreadable: 0 });
});

test("what is written at the second try, after the first could not be taken back, is there once", async () => {
  const { file, appendMany } = await queueOn(halfWrittenOnce(), "fdatasync", true);

  await appendMany("one", "two");

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two"], entries: { length: 2 }, forks: 0 });
});

test("what a failed sync left behind stays where another owner of the lock has acknowledged it", async () => {
  const { disk, faults } = faultyDisk();
  const { file, append } = await queueOn(disk);
  await append("one", "k1");
  faults.add("sync").add("truncate");
  await expect(append("two", "k2")).rejects.toMatchObject({ code: "IO" });
  faults.clear();
  await using other = await openTranscript(file);

  const repeat = await other.append(userMessage("two"), { idempotencyKey: "k2" });
  await append("three", "k3");

  expect(repeat.repeated).toBe(true);
  expect(readRaw(file)).toMatchObject({ visible: ["one", "two", "three"], forks: 0, unreadable: 0 });
});

test("a reader that looks while a sync is going to fail does not keep its bytes in the file", async () => {
  const { disk } = faultyDisk();
  const { file, append, log } = await queueOn({
    ...disk,
    sync: () => {
      log.refresh();
      return Promise.reject(failure("EIO"));
    },
  });

  await expect(append("never")).rejects.toMatchObject({ code: "IO" });

  expect(readRaw(file).visible).toEqual([]);
  log.refresh();
  expect(log.leafId).toBeUndefined();
});

/** A queue whose next sync fails, and a transcript of the same file that read everything just before that. */
async function seenBeforeFailure() {
  const { disk, faults } = faultyDisk();
  let look = () => Promise.resolve();
  const { file, append } = await queueOn({ ...disk, sync: (fd) => look().then(() => disk.sync(fd)) });
  await append("one");
  const other = await openTranscript(file);
  onTestFinished(() => other.close());
  const seen: number[] = [];
  look = async () => void seen.push((await other.entries()).length);
  faults.add("sync");
  await expect(append("two")).rejects.toMatchObject({ code: "IO" });
  faults.clear();
  look = () => Promise.resolve();
  return { file, append, other, seen };
}

test("who saw what a failed sync took back continues what was written in its place", async () => {
  const { file, append, other, seen } = await seenBeforeFailure();

  await append("two");
  await other.append(userMessage("three"));

  expect(seen).toEqual([2]);
  expect(readRaw(file)).toMatchObject({ visible: ["one", "two", "three"], forks: 0, unreadable: 0 });
  expect(await other.branch()).toEqual(readRaw(file).branch);
});

test("who saw what a failed sync took back, and writes nothing, sees the whole branch all the same", async () => {
  const { file, append, other, seen } = await seenBeforeFailure();

  await append("two");
  await append("three");

  expect(seen).toEqual([2]);
  expect(await other.branch()).toEqual(readRaw(file).branch);
  expect(readRaw(file).visible).toEqual(["one", "two", "three"]);
});

test("whatever fails when, what was acknowledged is on the branch and nothing is fused", async () => {
  const step = fc.uniqueArray(fc.constantFrom<Fault>("write", "short write", "sync", "truncate"), {
    maxLength: 2,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const { disk, faults } = faultyDisk();
      const { file, append } = await queueOn(disk);
      const outcomes: PromiseSettledResult<unknown>[] = [];

      for (const [at, injected] of steps.entries()) {
        for (const fault of injected) faults.add(fault);
        outcomes.push(...(await Promise.allSettled([append(`#${at}`)])));
        faults.clear();
      }
      await append("last");

      const acknowledged = outcomes.flatMap(({ status }, at) => (status === "fulfilled" ? [`#${at}`] : []));
      const session = readRaw(file);
      expect(session).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
      expect(acknowledged.filter((text) => !session.visible.includes(text))).toEqual([]);
      expect(session.visible.at(-1)).toBe("last");
      expect(new Set(session.visible).size).toBe(session.visible.length);
    }),
    { numRuns: 40 },
  );
});

test("appends of one moment share one sync, also when they come after one another in a batch's two milliseconds", async () => {
  const { disk, syncs } = faultyDisk();
  const { file, append } = await queueOn(disk, "batch");

  await Promise.all(
    Array.from({ length: 32 }, async (_, at) => (await Promise.resolve(), append(String(at)))),
  );

  expect(syncs()).toBe(1);
  expect(readRaw(file)).toMatchObject({ forks: 0, visible: { length: 32 } });
});
