import { AsyncResource } from "node:async_hooks";
import { constants } from "node:buffer";
import { statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { AppendQueue } from "../src/append/append-queue.ts";
import { draftMessage } from "../src/append/draft.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import type { Disk } from "../src/file/disk.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { openTranscript } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

/** What somebody waits for until another one opens it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

const DURABILITIES = ["os", "fdatasync", "batch"] as const;

test.each(DURABILITIES)(
  "an append that was aborted before it began writes nothing (%s)",
  async (durability) => {
    const file = tempSession();
    await using transcript = await openTranscript(file, { durability });

    const append = transcript.append(userMessage("one"), { signal: AbortSignal.abort(new Error("no more")) });

    await expect(append).rejects.toMatchObject({ code: "ABORTED" });
    expect(readRaw(file).visible).toEqual([]);
  },
);

test.each(DURABILITIES)(
  "of appends that wait for a held lock, an aborted one leaves and the others stay (%s)",
  async (durability) => {
    const file = tempSession();
    await using transcript = await openTranscript(file, { durability });
    const stop = new AbortController();
    await using lock = await acquireSessionWriteLock({ sessionFile: file });
    const appends = Promise.allSettled([
      transcript.append(userMessage("leader"), { signal: stop.signal }),
      transcript.append(userMessage("stays")),
      transcript.append(userMessage("follower"), { signal: stop.signal }),
      transcript.append(userMessage("stays too")),
    ]);

    stop.abort();
    await lock.release();

    expect(await appends).toMatchObject([
      { status: "rejected", reason: { code: "ABORTED" } },
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "ABORTED" } },
      { status: "fulfilled" },
    ]);
    expect(readRaw(file).visible).toEqual(["stays", "stays too"]);
  },
);

test.each(DURABILITIES)(
  "an append in the scope of the lock's owner does not wait for those that wait for the owner (%s)",
  async (durability) => {
    const file = tempSession();
    await using transcript = await openTranscript(file, { durability });
    const elsewhere = new AsyncResource("elsewhere");
    const outside: Promise<unknown>[] = [];

    await withSessionWriteLock(file, async (lock) => {
      // Started elsewhere, so not in this scope: both have to wait for its end, or come along.
      outside.push(elsewhere.runInAsyncScope(() => transcript.append(userMessage("outside"))));
      await transcript.append(userMessage("inside"));
      await transcript.append(userMessage("inside too"), { within: lock });
    });
    await Promise.all(outside);

    expect([...readRaw(file).visible].sort()).toEqual(["inside", "inside too", "outside"]);
    expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0 });
  },
);

test("an append whose wait is ended while another owner writes it along is written, and told so", async () => {
  const file = tempSession();
  await (await openTranscript(file)).close();
  const stop = new AbortController();
  const [syncing, written] = [gate(), gate()];
  const disk: Disk = {
    ...SYSTEM_DISK,
    async sync(fd) {
      syncing.open();
      await written.opened;
      await SYSTEM_DISK.sync(fd);
    },
  };
  const queue = new AppendQueue(SessionLog.open(file) ?? expect.fail("it was made"), {
    durability: "fdatasync",
    disk,
  });
  const append = (text: string, lock?: { readonly signal: AbortSignal }) =>
    queue.append({ drafts: [draftMessage(userMessage(text))], expected: undefined, lock });
  const elsewhere = new AsyncResource("elsewhere");

  const outcomes = await withSessionWriteLock(file, async () => {
    const outside = elsewhere.runInAsyncScope(() => append("outside", { signal: stop.signal }));
    const all = Promise.allSettled([outside, append("inside")]);
    await syncing.opened;
    stop.abort();
    await nextTurn();
    written.open();
    return all;
  });

  expect(outcomes).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  expect(readRaw(file).visible).toEqual(["outside", "inside"]);
});

test.each(DURABILITIES)(
  "every append that waits for a lock that is not let go fails by its own deadline (%s)",
  async (durability) => {
    const file = tempSession();
    await using transcript = await openTranscript(file, { durability, lockTimeoutMs: 200 });
    await using lock = await acquireSessionWriteLock({ sessionFile: file });

    const appends = await Promise.allSettled(
      Array.from({ length: 5 }, (_, at) => transcript.append(userMessage(String(at)))),
    );

    expect(lock.held).toBe(true);
    expect(appends).toMatchObject(Array(5).fill({ status: "rejected", reason: { code: "TIMEOUT" } }));
    expect(readRaw(file).visible).toEqual([]);
  },
);

test("closing waits for the appends under way", async () => {
  const file = tempSession();
  const transcript = await openTranscript(file);
  const appends = Promise.all(
    Array.from({ length: 10 }, (_, at) => transcript.append(userMessage(String(at)))),
  );

  await transcript.close();

  expect(readRaw(file).visible).toHaveLength(10);
  expect(await appends).toHaveLength(10);
  await transcript.close();
});

test("messages of one moment that no string could hold together are appended together all the same", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const large = userMessage("x".repeat(60_000_000));

  const appends = Array.from({ length: 9 }, () => transcript.append(large));
  const last = await transcript.append(userMessage("small"));
  const outcomes = await Promise.allSettled(appends);

  expect(outcomes.map(({ status }) => status)).toEqual(appends.map(() => "fulfilled"));
  expect(statSync(file).size).toBeGreaterThan(constants.MAX_STRING_LENGTH);
  expect(transcript.leafId).toBe(last.entry.id);
}, 600_000);
