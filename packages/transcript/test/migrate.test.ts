import { copyFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { SessionManager as PiSessionManager } from "@mariozechner/pi-coding-agent";
import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { migrate, openTranscript, SessionManager, validate } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { linesOf, sessionFile, user } from "./session-lines.ts";

const VERSION_1 = [
  '{"type":"session","id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w","mine":1e2}',
  '{"type":"message","timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1},"x":1.0}',
  "oops",
  '{"type":"message","timestamp":"2025-01-01T00:00:02.000Z","message":{"b":2, "role":"hookMessage","customType":"h","content":"two","display":true,"timestamp":2}}',
  '{"type":"compaction","timestamp":"2025-01-01T00:00:03.000Z","summary":"so far","firstKeptEntryIndex":2,"tokensBefore":9}',
  '{"type":"message","timestamp":"2025-01-01T00:00:04.000Z","message":{"role":"user","content":"three","timestamp":4}}',
];
const VERSION_2 = [
  '{"type":"session","version":2,"id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}',
  '{"y" : 1e2, "type":"message","id":"aa","parentId":null,"timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}',
  '{"type":"message","id":"bb","parentId":"aa","timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"hookMessage","customType":"h","content":"two","display":true,"timestamp":2}}',
];
const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;

test("a session of version 1 becomes one of version 3 under the ids it was read under, and every other byte stays", async () => {
  const file = sessionFile(text(VERSION_1));
  const before = SessionManager.open(file);
  const entries = before.getEntries();

  const result = await migrate(file, { dryRun: false });

  expect(result).toMatchObject({ applied: true, from: 1, to: 3 });
  expect(readFileSync(file, "utf8").split("\n")).toEqual([
    '{"type":"session","version":3,"id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w","mine":1e2}',
    '{"type":"message","id":"00000001","parentId":null,"timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1},"x":1.0}',
    "oops",
    '{"type":"message","id":"00000002","parentId":"00000001","timestamp":"2025-01-01T00:00:02.000Z","message":{"b":2, "role":"custom","customType":"h","content":"two","display":true,"timestamp":2}}',
    '{"firstKeptEntryId":"00000002","type":"compaction","id":"00000003","parentId":"00000002","timestamp":"2025-01-01T00:00:03.000Z","summary":"so far","firstKeptEntryIndex":2,"tokensBefore":9}',
    '{"type":"message","id":"00000004","parentId":"00000003","timestamp":"2025-01-01T00:00:04.000Z","message":{"role":"user","content":"three","timestamp":4}}',
    "",
  ]);
  const after = SessionManager.open(file);
  expect(after.getEntries().map(({ id, parentId }) => [id, parentId])).toEqual(
    entries.map(({ id, parentId }) => [id, parentId]),
  );
  expect(after.buildSessionContext()).toEqual(before.buildSessionContext());
  expect(readFileSync(result.backupFile ?? "", "utf8")).toBe(text(VERSION_1));
});

test("what pi makes of an old session is what we make of it", async () => {
  const lines = VERSION_1.filter((line) => line.startsWith("{"));
  const file = sessionFile(text(lines));
  const copy = `${file}.copy`;
  copyFileSync(file, copy);

  await migrate(file, { dryRun: false });

  const theirs = PiSessionManager.open(copy);
  const ours = PiSessionManager.open(file);
  expect(ours.buildSessionContext()).toEqual(theirs.buildSessionContext());
  expect(ours.getEntries().map(({ type }) => type)).toEqual(theirs.getEntries().map(({ type }) => type));
});

test("of a session of version 2 only the lines change that say something else in version 3", async () => {
  const file = sessionFile(text(VERSION_2));

  await migrate(file, { dryRun: false });

  const [header, first, second] = readFileSync(file, "utf8").split("\n");
  expect(header).toBe(VERSION_2[0]?.replace('"version":2', '"version":3'));
  expect(first).toBe(VERSION_2[1]);
  expect(second).toBe(VERSION_2[2]?.replace("hookMessage", "custom"));
});

test("a dry run says what it would do and writes nothing, and migrating again does nothing", async () => {
  const file = sessionFile(text(VERSION_1));

  expect(await migrate(file)).toEqual({ applied: false, from: 1, to: 3 });
  expect(readFileSync(file, "utf8")).toBe(text(VERSION_1));
  await migrate(file, { dryRun: false });
  const migrated = readFileSync(file);
  expect(await migrate(file, { dryRun: false })).toEqual({ applied: false, from: 3, to: 3 });

  expect(readFileSync(file)).toEqual(migrated);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file)).filter((name) => name.includes(".bak-"))).toHaveLength(1);
});

test("a session of version 1 that is open is continued as soon as it is migrated", async () => {
  const file = sessionFile(text(VERSION_1));
  await using transcript = await openTranscript(file);
  await expect(transcript.append(userMessage("four"))).rejects.toMatchObject({ code: "UNSUPPORTED_VERSION" });

  await migrate(file, { dryRun: false });
  const { entry } = await transcript.append(userMessage("four"));

  expect(entry.parentId).toBe("00000004");
  expect((await validate(file)).findings.map(({ code }) => code)).toEqual(["F2"]);
});

test("a last line that was cut off goes beside the file, as at every write", async () => {
  const file = sessionFile(`${text(VERSION_2)}{"type":"mess`);

  const { rejectedFile } = await migrate(file, { dryRun: false });

  expect(readFileSync(rejectedFile ?? "", "utf8")).toBe('{"type":"mess\n');
  expect(SessionManager.open(file).getEntryCount()).toBe(2);
});

test("while somebody else holds the lock nothing is migrated, and under a lock that is given it is", async () => {
  const file = sessionFile(text(VERSION_1));

  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    await expect(migrate(file, { dryRun: false, lockTimeoutMs: 1 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(readFileSync(file, "utf8")).toBe(text(VERSION_1));
    expect(await migrate(file, { dryRun: false, within: lock })).toMatchObject({ applied: true });
  } finally {
    await lock.release();
  }
});

test("what is not an old session is left alone: the current versions, and what is none", async () => {
  const current = sessionFile(linesOf([{ type: "message", id: "a", parentId: null, message: user() }]));
  const openclaw = sessionFile(
    '{"type":"session","version":4,"id":"s","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n',
  );
  const notes = sessionFile("just some notes\n");
  const empty = sessionFile("");

  expect(await migrate(current, { dryRun: false })).toEqual({ applied: false, from: 3, to: 3 });
  expect(await migrate(openclaw, { dryRun: false })).toEqual({ applied: false, from: 4, to: 4 });
  await expect(migrate(notes, { dryRun: false })).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(migrate(empty, { dryRun: false })).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(migrate(`${empty}.gone`, { dryRun: false })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(readFileSync(notes, "utf8")).toBe("just some notes\n");
});
