import { copyFileSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

/** The sessions of a folder that this process has open, as the kernel lists them. */
function openSessions(folder: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .map(targetOf)
    .filter(
      (file) => file.startsWith(`${folder}${path.sep}`) && file.includes(".jsonl") && !file.includes(".lock"),
    );
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // the descriptor with which the list was read
  }
}

/** The path of a session that does not exist yet, in a folder that can be moved. */
function sessionInFolder(): string {
  const folder = path.join(tempFolder(), "sessions");
  mkdirSync(folder);
  return path.join(folder, "session.jsonl");
}

/** As a forced takeover of the lock and a repair do: the same bytes, another file. */
function replaceBySelf(file: string): void {
  copyFileSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
}

test.each(["os", "fdatasync", "batch"] as const)(
  "an append after the file was replaced is in the file that is there now (%s)",
  async (durability) => {
    const file = tempSession();
    await using transcript = await openTranscript(file, { durability });
    await transcript.append(userMessage("one"));
    replaceBySelf(file);
    await transcript.append(userMessage("two"));
    replaceBySelf(file);

    const { entry } = await transcript.append(userMessage("three"));

    expect(readRaw(file)).toMatchObject({ visible: ["one", "two", "three"], forks: 0, unreadable: 0 });
    expect(readRaw(file).entries.at(-1)?.id).toBe(entry.id);
  },
);

test("a manager's append after the file was replaced is in the file that is there now", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    session.appendMessage(userMessage("one"));
    replaceBySelf(file);
    session.appendMessage(userMessage("two"));
  });

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two"], forks: 0, unreadable: 0 });
});

test("an append to a session that was deleted a moment ago says so", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file, { durability: "os" });
  await transcript.append(userMessage("one"));

  rmSync(file);

  await expect(transcript.append(userMessage("two"))).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("an append is not led to another name of the file by a link in its place", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file, { durability: "os" });
  await transcript.append(userMessage("one"));

  renameSync(file, `${file}.moved`);
  symlinkSync(`${file}.moved`, file);

  await expect(transcript.append(userMessage("two"))).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  expect(readRaw(`${file}.moved`).visible).toEqual(["one"]);
});

test("an append to a session whose folder was moved away a moment ago says so, and the moved file is left as it is", async () => {
  for (let round = 0; round < 20; round += 1) {
    const file = sessionInFolder();
    const folder = path.dirname(file);
    await using transcript = await openTranscript(file, { durability: "os", create: { cwd: "/w" } });
    await transcript.append(userMessage("one"));

    renameSync(folder, `${folder}.moved`);

    // After more than a millisecond it is the lock that finds its folder gone.
    const code: unknown = expect.stringMatching(/^(NOT_FOUND|IO)$/);
    await expect(transcript.append(userMessage("two"))).rejects.toMatchObject({ code });
    expect(readRaw(path.join(`${folder}.moved`, path.basename(file))).visible).toEqual(["one"]);
  }
});

test("an append writes nothing to a folder that took the place of another a moment ago, where somebody else has the lock", async () => {
  const settings = { durability: "os", create: { cwd: "/w" } } as const;
  for (let round = 0; round < 20; round += 1) {
    const file = sessionInFolder();
    const folder = path.dirname(file);
    await using transcript = await openTranscript(file, { ...settings, lockTimeoutMs: 100 });
    await transcript.append(userMessage("one"));
    const other = path.join(`${folder}.new`, path.basename(file));
    mkdirSync(`${folder}.new`);
    copyFileSync(file, other);
    await using _lock = await acquireSessionWriteLock({ sessionFile: other });
    await transcript.append(userMessage("two"));

    renameSync(folder, `${folder}.old`);
    renameSync(`${folder}.new`, folder);

    // After more than a millisecond it meets the other lock, and waits for it in vain.
    const code: unknown = expect.stringMatching(/^(LOST|TIMEOUT)$/);
    await expect(transcript.append(userMessage("three"))).rejects.toMatchObject({ code });
    expect(readRaw(file).visible).toEqual(["one"]);
  }
});

test("sessions that were appended to stay open for a moment, never more than 64, and then none", async () => {
  const folder = tempFolder();
  let most = 0;
  for (let at = 0; at < 150; at += 1) {
    const transcript = await openTranscript(path.join(folder, `${at}.jsonl`), { durability: "os" });
    await transcript.append(userMessage("one"));
    await transcript.append(userMessage("two"));
    most = Math.max(most, openSessions(folder).length);
  }

  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(65);
  await expect.poll(() => openSessions(folder), { interval: 100 }).toEqual([]);
});

test("closing a transcript closes its file", async () => {
  const file = tempSession();
  const transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  await transcript.close();

  expect(openSessions(path.dirname(file))).toEqual([]);
});
