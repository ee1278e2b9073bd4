import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { AppendQueue } from "../src/append/append-queue.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import { draftMessage } from "../src/append/draft.ts";
import { newHeader } from "../src/file/header.ts";
import { draftInterrupted } from "../src/append/interrupted.ts";
import { openTranscript, validate } from "../src/index.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { LIMITED, makeRoom, smallDisk } from "./small-disk.ts";
import { tempFolder, tempSession } from "./temp-session.ts";
import { callingMessage } from "./tool-messages.ts";
import { startWorker } from "./worker.ts";

function texts(file: string): readonly string[] {
  return readRaw(file).visible.map((text) => text.replace(/ \.+$/, ""));
}

/** A worker that filled the disk, was told that three messages are spilled, and was killed. */
async function spillAndDie(spills = tempFolder()) {
  const folder = smallDisk();
  const file = path.join(folder, "session.jsonl");
  await using transcript = await openTranscript(file);
  const worker = startWorker("append-spilling.js", [file, spills, "9000"], { shell: LIMITED });
  const said: string[] = [];
  while (!said.includes("degraded")) said.push(await worker.next());
  await worker.kill();
  const acknowledged = said.slice(0, -1).map((line) => line.split(" ")[0] ?? "");
  return { folder, file, spills, said, acknowledged, leafId: transcript.leafId };
}

/** After that the spill came home with these messages behind it, and the crash was before its file was removed. */
async function bringHomeAndDie(...messages: readonly ReturnType<typeof userMessage>[]) {
  const { folder, file, spills, acknowledged } = await spillAndDie();
  const [name = ""] = readdirSync(spills).filter((one) => one.endsWith(".spill"));
  const spill = path.join(spills, name);
  const kept = readFileSync(spill);
  makeRoom(folder);
  {
    await using transcript = await openTranscript(file, { spill: { folder: spills } });
    await transcript.appendMany(messages.map((message) => ({ message })));
  }
  writeFileSync(spill, kept);
  return { file, spills, acknowledged };
}

test("what a full disk refuses waits in the spill file, outlives a kill -9, and comes home in order with the next append", async () => {
  const { folder, file, spills, said, acknowledged } = await spillAndDie();
  const before = texts(file);
  const [name = ""] = readdirSync(spills).filter((one) => one.endsWith(".spill"));
  expect(said.filter((line) => line.endsWith(" spilled"))).toHaveLength(3);
  expect(before).toEqual(acknowledged.slice(0, -3));
  expect(statSync(path.join(spills, name)).mode & 0o777).toBe(0o600);
  await using transcript = await openTranscript(file, { spill: { folder: spills } });
  const wasDegraded = transcript.degraded;
  const { messages } = await transcript.context();
  const [entries, branch] = [await transcript.entries(), await transcript.branch()];

  makeRoom(folder);
  await transcript.append(assistantMessage("room again"));

  expect(wasDegraded).toBe(true);
  for (const seen of [messages, entries, branch])
    expect(JSON.stringify(seen).match(/#\d+/g)).toEqual(acknowledged);
  expect(branch.map(({ id }) => id)).toEqual(
    readRaw(file)
      .branch.slice(0, -1)
      .map(({ id }) => id),
  );
  expect(texts(file)).toEqual([...acknowledged, "room again"]);
  expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0 });
  expect(transcript.degraded).toBe(false);
  expect(readdirSync(spills).filter((one) => one.endsWith(".spill"))).toEqual([]);
});

test("what waits comes home without another append where an empty one is made", async () => {
  const { folder, file, spills, acknowledged } = await spillAndDie();
  await using transcript = await openTranscript(file, { spill: { folder: spills } });
  makeRoom(folder);

  const appended = await transcript.appendMany([]);

  expect(appended).toEqual([]);
  expect(transcript.degraded).toBe(false);
  expect(texts(file)).toEqual(acknowledged);
});

test("a full disk that has no room to keep the half line of a crash either refuses an append like any other", async () => {
  const folder = smallDisk();
  const [file, spills] = [path.join(folder, "session.jsonl"), tempFolder()];
  await (await openTranscript(file)).close();
  appendFileSync(file, '{"type":"mess');
  const filler = fill(folder);

  const worker = startWorker("append-spilling.js", [file, spills, "33000"], { shell: LIMITED });
  const said = [await worker.next(), await worker.next(), await worker.next(), await worker.next()];
  await worker.kill();
  makeRoom(folder);
  rmSync(filler);
  await using transcript = await openTranscript(file, { spill: { folder: spills } });
  await transcript.append(assistantMessage("room again"));

  expect(said).toEqual(["#0 spilled", "#1 spilled", "#2 spilled", "degraded"]);
  expect(texts(file)).toEqual(["#0", "#1", "#2", "room again"]);
  expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0 });
});

/** Takes what room there is, at most as much as a small disk has. */
function fill(folder: string): string {
  const filler = path.join(folder, "filler");
  try {
    for (let pages = 0; pages < 16; pages += 1) appendFileSync(filler, Buffer.alloc(4096));
  } catch {
    // Full, as wanted.
  }
  return filler;
}

test("a folder for spill files that does not exist is made, private to the user", async () => {
  const above = path.join(tempFolder(), "made");
  const spills = path.join(above, "later");

  const { said } = await spillAndDie(spills);

  expect(said.filter((line) => line.endsWith(" spilled"))).toHaveLength(3);
  expect([above, spills].map((folder) => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700]);
});

test("what was spilled comes home also where the session is opened through a link to its folder", async () => {
  const { folder, file, spills, acknowledged } = await spillAndDie();
  makeRoom(folder);
  const link = path.join(tempFolder(), "link");
  symlinkSync(folder, link);

  await using transcript = await openTranscript(path.join(link, path.basename(file)), {
    spill: { folder: spills },
  });
  await transcript.append(userMessage("last"));

  expect(texts(file)).toEqual([...acknowledged, "last"]);
});

test("a transcript that only drains brings home what others have spilled since, before its next append", async () => {
  const { file, state, append } = await queueOnRefusingDisk();
  await using draining = await openTranscript(file, { spill: "drain" });
  state.isFull = true;
  await append("spilled");
  const wasDegraded = draining.degraded;

  await draining.append(userMessage("on the disk"));

  expect(wasDegraded).toBe(true);
  expect(draining.degraded).toBe(false);
  expect(texts(file)).toEqual(["spilled", "on the disk"]);
});

test("a transcript that only drains fails what the disk refuses, and leaves what waits as it is", async () => {
  const { file, spillFile, state, append, disk } = await queueOnRefusingDisk();
  const log = SessionLog.open(file);
  if (log === undefined) throw new Error("no session");
  const queue = new AppendQueue(log, {
    durability: "fdatasync",
    disk,
    spill: { file: spillFile, takesAppends: false },
  });
  const drain = async (text: string) =>
    queue.append({ drafts: [draftMessage(userMessage(text))], expected: undefined, lock: undefined });
  const refused = (): Promise<unknown> => drain("refused").catch((error: unknown) => error);

  state.isFull = true;
  const beforeSpill = await refused();
  const hadSpill = existsSync(spillFile);
  await append("spilled");
  const spill = readFileSync(spillFile, "utf8");
  const behindSpill = await refused();
  const kept = readFileSync(spillFile, "utf8");
  state.isFull = false;
  await drain("home");

  expect([beforeSpill, behindSpill]).toMatchObject([{ code: "IO" }, { code: "IO" }]);
  expect(hadSpill).toBe(false);
  expect(kept).toBe(spill);
  expect(texts(file)).toEqual(["spilled", "home"]);
});

test("a crash between bringing a spill home and removing its file brings nothing home twice", async () => {
  const { file, spills, acknowledged } = await bringHomeAndDie(userMessage("one"));

  await using second = await openTranscript(file, { spill: { folder: spills } });
  await second.append(userMessage("two"));

  expect(texts(file)).toEqual([...acknowledged, "one", "two"]);
  expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0 });
});

test("what a crash left in the spill file after it came home is shown once", async () => {
  const { file, spills, acknowledged } = await bringHomeAndDie();

  await using second = await openTranscript(file, { spill: { folder: spills } });
  const [entries, branch] = [await second.entries(), await second.branch()];

  expect(entries).toHaveLength(acknowledged.length);
  expect(branch.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
});

test("what another process brings home while the branch is read is not missing from it", async () => {
  const { file, spillFile, state, append } = await queueOnRefusingDisk();
  await append("one");
  state.isFull = true;
  const [two] = await append("two");
  await using reader = await openTranscript(file, { spill: true });
  const read = vi.spyOn(SessionLog.prototype, "branch").mockImplementation(function (this: SessionLog) {
    const branch = this.index().branch(this.leafId);
    const home = { ...two?.entry, parentId: this.leafId };
    appendFileSync(file, `${JSON.stringify(home)}\n`);
    rmSync(spillFile);
    return branch;
  });
  onTestFinished(() => read.mockRestore());

  const branch = await reader.branch();

  expect(branch.at(-1)?.id).toBe(two?.messageId);
});

test("a repeat under a key that waits in the spill file or is in the session writes nothing", async () => {
  const { folder, file, spills, acknowledged } = await spillAndDie();
  const keyOf = (text: string | undefined) => ({ idempotencyKey: `key ${text?.slice(1) ?? ""}` });
  await using transcript = await openTranscript(file, { spill: { folder: spills } });
  makeRoom(folder);

  const spilled = await transcript.append(userMessage("again"), keyOf(acknowledged.at(-1)));
  const written = await transcript.append(userMessage("again"), keyOf(acknowledged[0]));

  expect([spilled.repeated, written.repeated]).toEqual([true, true]);
  expect(texts(file)).toEqual(acknowledged);
});

/** A queue on a disk that refuses every write as long as the test says so. */
async function queueOnRefusingDisk(errno = "ENOSPC") {
  const file = tempSession();
  await (await openTranscript(file)).close();
  const state = { isFull: false };
  const disk = {
    ...SYSTEM_DISK,
    write(fd: number, data: Buffer | string, offset: number) {
      if (state.isFull) throw Object.assign(new Error(`${errno}: injected`), { code: errno });
      return SYSTEM_DISK.write(fd, data, offset);
    },
  };
  const log = SessionLog.open(file) ?? SessionLog.fresh(file, newHeader({ sessionId: "s", cwd: "/w" }));
  const spillFile = `${file}.spill`;
  const queue = new AppendQueue(log, {
    durability: "fdatasync",
    disk,
    spill: { file: spillFile, takesAppends: true },
  });
  const append = (text: string, idempotencyKey?: string, expectedLeaf?: string) =>
    queue.append({
      drafts: [draftMessage(userMessage(text), idempotencyKey)],
      expected: expectedLeaf === undefined ? undefined : { leafId: expectedLeaf },
      lock: undefined,
    });
  return { file, spillFile, state, disk, queue, append };
}

test("an append that depends on the branch fails with DEGRADED instead of being spilled, and others of its group are kept", async () => {
  const { file, state, append, queue } = await queueOnRefusingDisk();
  const [one] = await append("one");
  state.isFull = true;

  const outcomes = await Promise.allSettled([
    append("two"),
    append("three", undefined, one?.entry.id),
    queue.append({ drafts: () => [draftMessage(userMessage("four"))], expected: undefined, lock: undefined }),
    append("five"),
  ]);
  state.isFull = false;

  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: [{ placement: "spilled" }] },
    { status: "rejected", reason: { code: "DEGRADED", errno: "ENOSPC" } },
    { status: "rejected", reason: { code: "DEGRADED", errno: "ENOSPC" } },
    { status: "fulfilled", value: [{ placement: "spilled" }] },
  ]);
  await expect.poll(async () => (await append("six", "k6"))[0]?.placement).toBe("branch");
  expect(texts(file)).toEqual(["one", "two", "five", "six"]);
});

test("open tool calls are closed also while the disk takes nothing, and the answers come home", async () => {
  const { file, state, append, queue } = await queueOnRefusingDisk();
  await append("do it");
  const call = draftMessage(callingMessage("c1", "c2"));
  await queue.append({ drafts: [call], expected: undefined, lock: undefined });
  state.isFull = true;
  await append("meanwhile");
  const close = () =>
    queue.append({
      drafts: ({ openCalls }) => openCalls.map(draftInterrupted),
      expected: undefined,
      lock: undefined,
      mayWait: true,
    });
  const closed = await close();
  const again = await close();
  state.isFull = false;

  await expect.poll(async () => (await append("next", "k"))[0]?.placement).toBe("branch");

  expect([closed.length, again.length]).toEqual([2, 0]);
  const roles = readRaw(file).branch.map((entry) => ("message" in entry ? entry.message.role : entry.type));
  expect(roles).toEqual(["user", "assistant", "custom", "toolResult", "toolResult", "user", "user"]);
  expect((await validate(file)).findings.filter(({ severity }) => severity === "E")).toEqual([]);
});

test.each(["EDQUOT", "EIO", "EROFS"])("what is refused with %s is spilled and comes home", async (errno) => {
  const { file, state, append } = await queueOnRefusingDisk(errno);
  await append("one");
  state.isFull = true;
  const [two] = await append("two");
  state.isFull = false;

  await expect.poll(async () => (await append("three", "k3"))[0]?.placement).toBe("branch");

  expect(two?.placement).toBe("spilled");
  expect(texts(file)).toEqual(["one", "two", "three"]);
});

test("the message id that a spilled append was answered with is the one it has on the branch", async () => {
  const { file, state, append } = await queueOnRefusingDisk();
  state.isFull = true;
  const [spilled] = await append("one", "k");
  const [repeat] = await append("one again", "k");
  state.isFull = false;

  await expect.poll(async () => (await append("two", "k2"))[0]?.placement).toBe("branch");

  expect(repeat).toMatchObject({ repeated: true, messageId: spilled?.messageId });
  expect(readRaw(file).branch[0]?.id).toBe(spilled?.messageId);
  expect(texts(file)).toEqual(["one", "two"]);
});

test("a torn last line of a spill file is no append, and nothing is fused with it", async () => {
  const { file, spillFile, state, append } = await queueOnRefusingDisk();
  state.isFull = true;
  await append("one");
  const whole = readFileSync(spillFile);
  writeFileSync(spillFile, Buffer.concat([whole, whole.subarray(0, 40)]));

  await append("two");
  state.isFull = false;
  await expect.poll(async () => (await append("three", "k"))[0]?.placement).toBe("branch");

  expect(texts(file)).toEqual(["one", "two", "three"]);
});

test("where the spill file cannot be written either, the append fails with what the session's disk said", async () => {
  const { file, state, append } = await queueOnRefusingDisk();
  await append("one");
  const folder = path.join(tempFolder(), "gone");
  writeFileSync(folder, "a file where a folder should be");
  state.isFull = true;
  const log = SessionLog.open(file) ?? SessionLog.fresh(file, newHeader({ sessionId: "s", cwd: "/w" }));
  const disk = {
    ...SYSTEM_DISK,
    write: () => {
      throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
    },
  };
  const queue = new AppendQueue(log, {
    durability: "os",
    disk,
    spill: { file: path.join(folder, "x.spill"), takesAppends: true },
  });

  const lost = queue.append({
    drafts: [draftMessage(userMessage("two"))],
    expected: undefined,
    lock: undefined,
  });

  await expect(lost).rejects.toMatchObject({ code: "IO", errno: "EIO" });
  expect(texts(file)).toEqual(["one"]);
  rmSync(folder);
});

test("what was spilled comes home under its own id also where somebody else used its key meanwhile", async () => {
  const { file, spillFile, state, append } = await queueOnRefusingDisk();
  await using other = await openTranscript(file); // before anything was spilled, so that it does not know of that
  state.isFull = true;
  const [spilled] = await append("what the run said", "run:1");
  await append("said by both", "run:2");
  const mirrored = await other.append(assistantMessage("what the mirror said"), { idempotencyKey: "run:1" });
  await other.append(userMessage("said by both"), { idempotencyKey: "run:2" });
  const spill = readFileSync(spillFile);

  state.isFull = false;
  await expect.poll(async () => (await append("next", "k"))[0]?.placement).toBe("branch");
  // As after a crash before the spill file was removed.
  writeFileSync(spillFile, spill);
  const [repeat] = await append("a repeat", "run:1");

  expect(texts(file)).toEqual(["what the mirror said", "said by both", "what the run said", "next"]);
  expect(readRaw(file).branch[2]?.id).toBe(spilled?.messageId);
  expect(repeat).toMatchObject({ repeated: true, messageId: mirrored.messageId });
});

test("a damaged line of a spill file is kept beside it, with a warning, when the others come home", async () => {
  const { file, spillFile, state, append } = await queueOnRefusingDisk();
  state.isFull = true;
  await append("one");
  await append("two");
  await append("three");
  const [first, second, third] = readFileSync(spillFile, "utf8").split("\n");
  const damaged = `${second?.replace("spilled", "spi\0\0ed") ?? ""}\n`;
  writeFileSync(spillFile, `${first}\n${damaged}${third}\n`);
  const warnings = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => warnings.mockRestore());
  state.isFull = false;

  await expect.poll(async () => (await append("four", "k4"))[0]?.placement).toBe("branch");

  expect(texts(file)).toEqual(["one", "three", "four"]);
  expect(readFileSync(`${spillFile}.rej`, "utf8").trimEnd()).toBe(damaged.trimEnd());
  expect(warnings.mock.calls.flat()).toContainEqual({ code: "SESSION_LOCK_SPILL_DAMAGED" });
});
