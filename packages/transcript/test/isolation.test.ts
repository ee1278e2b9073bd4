import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  appendAssistantMessageToSessionTranscript,
  loadEntriesFromFile,
  openSessionStore,
  openTranscript,
  SessionManager,
  validate,
} from "../src/index.ts";
import { SessionFile } from "../src/file/session-file.ts";
import { recordName } from "../src/store/session-key.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { ROTTEN_FILES } from "./rotten-files.ts";
import { tempFolder } from "./temp-session.ts";

const ROTTEN_RECORDS: typeof ROTTEN_FILES = [
  ...ROTTEN_FILES,
  ["nothing but a newline", (file) => writeFileSync(file, "\n")],
  ["no bytes", (file) => writeFileSync(file, "")],
  ["a list", (file) => writeFileSync(file, "[]")],
];
const good = "agent:main:good";
const bad = "agent:main:bad";

afterEach(() => vi.restoreAllMocks());

/** A store with two sessions, in a place where one of the two can be spoilt. */
async function twoSessions() {
  const store = openSessionStore(tempFolder());
  const [one, other] = [await store.ensure(good), await store.ensure(bad)];
  await using transcript = await openTranscript(one.sessionFile, { expectedSessionId: one.sessionId });
  await transcript.append(userMessage("hello"));
  return { store, storePath: store.storePath, one, other };
}

test.each(ROTTEN_FILES)("%s in place of a session is that session's trouble alone", async (_, spoil) => {
  const { store, storePath, one, other } = await twoSessions();
  spoil(other.sessionFile);
  const mirror = { storePath, text: "delivered" };

  const refused = await appendAssistantMessageToSessionTranscript({ ...mirror, sessionKey: bad });
  const recorded = await appendAssistantMessageToSessionTranscript({ ...mirror, sessionKey: good });
  const listed = await SessionManager.listAll(storePath);

  expect(refused).toEqual({ ok: false, reason: expect.stringContaining(other.sessionFile) as string });
  expect(recorded).toMatchObject({ ok: true, sessionFile: one.sessionFile });
  expect(listed.map(({ id }) => id)).toEqual([one.sessionId]);
  expect(SessionManager.findById("/", one.sessionId, storePath)).toBeUndefined();
  expect((await store.list()).map(({ sessionKey }) => sessionKey).sort()).toEqual([bad, good]);
  expect(await store.update(bad, () => ({ label: "kept" }))).toMatchObject({ ...idOf(other), label: "kept" });
  expect(await store.update(bad, () => ({ sessionId: "fresh" }))).toMatchObject({ sessionId: "fresh" });
  expect(await appendAssistantMessageToSessionTranscript({ ...mirror, sessionKey: bad })).toMatchObject({
    ok: true,
  });
});

test.each(ROTTEN_FILES)(
  "%s is found to be no session when it is opened, before anything is asked of a model",
  async (_, spoil) => {
    const sessionFile = path.join(tempFolder(), "session.jsonl");
    spoil(sessionFile);
    const named = { name: "TranscriptError", code: "NOT_A_SESSION", sessionFile };

    await expect(openTranscript(sessionFile)).rejects.toMatchObject(named);
    await expect(openTranscript(sessionFile, { create: false })).rejects.toMatchObject(named);
    expect(() => SessionManager.open(sessionFile)).toThrow(expect.objectContaining(named));
  },
);

test("a folder in the place of the spill file is refused with a code by those who read and write", async () => {
  const sessionFile = path.join(tempFolder(), "session.jsonl");
  await using transcript = await openTranscript(sessionFile, { spill: true });
  mkdirSync(`${sessionFile}.spill`);
  const named = { name: "TranscriptError", code: "NOT_A_SESSION", sessionFile: `${sessionFile}.spill` };

  await expect(transcript.entries()).rejects.toMatchObject(named);
  await expect(transcript.context()).rejects.toMatchObject(named);
  await expect(transcript.append(userMessage("hello"))).rejects.toMatchObject({ code: "INVALID_TARGET" });
});

test("bytes that the disk does not give are an IO error with the disk's own code", () => {
  const sessionFile = path.join(tempFolder(), "session.jsonl");
  writeFileSync(sessionFile, "some bytes");
  const file = SessionFile.open(sessionFile, "read");
  // As good as a bad disk: the system refuses the read.
  file?.[Symbol.dispose]();

  const named = { name: "TranscriptError", code: "IO", errno: "EBADF", sessionFile };
  expect(() => file?.read(0, 4)).toThrow(expect.objectContaining(named));
});

test("a session that turns bad while it is open says so to those who read or write it", async () => {
  const sessionFile = path.join(tempFolder(), "session.jsonl");
  await using transcript = await openTranscript(sessionFile);
  await transcript.append(userMessage("hello"));
  rmSync(sessionFile);
  writeFileSync(sessionFile, "just some notes\n", { mode: 0o600 });
  const named = { name: "TranscriptError", code: "NOT_A_SESSION" };

  await expect(transcript.context("anthropic")).rejects.toMatchObject(named);
  await expect(transcript.append(assistantMessage("answer"))).rejects.toMatchObject(named);

  expect(readFileSync(sessionFile, "utf8")).toBe("just some notes\n");
});

test("an empty file is a session that has not begun", async () => {
  const { storePath, other } = await twoSessions();
  writeFileSync(other.sessionFile, "", { mode: 0o600 });

  const result = await appendAssistantMessageToSessionTranscript({
    storePath,
    sessionKey: bad,
    text: "first",
  });

  expect(result).toMatchObject({ ok: true, sessionFile: other.sessionFile });
  expect(await validate(other.sessionFile)).toMatchObject({ ok: true, entries: 1 });
});

test("zeros behind the last line, as a crash may leave them by the gigabyte, are passed over in small pieces", async () => {
  const { one } = await twoSessions();
  truncateSync(one.sessionFile, 2 ** 27);
  const read = vi.spyOn(SessionFile.prototype, "read");

  await using transcript = await openTranscript(one.sessionFile, { create: false });
  const entries = await transcript.branch();

  expect(entries).toMatchObject([{ type: "message", message: { role: "user" } }]);
  const sizes = read.mock.results.map(({ value }) => (value as Buffer).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 20);
});

test("a run of zeros that was written on behind, longer than a string can be, hides nothing and is read in small pieces", async () => {
  const { one } = await twoSessions();
  const [first] = readRaw(one.sessionFile).entries;
  truncateSync(one.sessionFile, 2 ** 29 + 2 ** 20);
  const behind = { type: "message", id: "b", parentId: first?.id, timestamp: "2026-01-01T00:00:00.000Z" };
  appendFileSync(one.sessionFile, `\n${JSON.stringify({ ...behind, message: userMessage("behind") })}\n`);
  const largest = largestRead();

  await using transcript = await openTranscript(one.sessionFile, { create: false });
  const branch = await transcript.branch();
  await transcript.append(userMessage("last"), { idempotencyKey: "last" });
  const entries = await transcript.entries();
  const followed: string[] = [];
  for await (const { entry } of transcript.tail()) if (followed.push(entry.id) === 3) break;

  expect(branch.map(({ id }) => id)).toEqual([first?.id, "b"]);
  expect(entries.map(({ id }) => id)).toEqual([first?.id, "b", transcript.leafId]);
  expect(followed).toEqual(entries.map(({ id }) => id));
  expect(loadEntriesFromFile(one.sessionFile).slice(1)).toEqual(entries);
  expect(largest()).toBeLessThanOrEqual(2 ** 20);
}, 600_000);

/** The most bytes that are read at once from here on. A spy would keep all of them. */
function largestRead(): () => number {
  const readInto = Reflect.get<SessionFile, "readInto">(SessionFile.prototype, "readInto");
  let largest = 0;
  SessionFile.prototype.readInto = function (bytes, start) {
    largest = Math.max(largest, bytes.length);
    return readInto.call(this, bytes, start);
  };
  onTestFinished(() => void (SessionFile.prototype.readInto = readInto));
  return () => largest;
}

test.each(ROTTEN_RECORDS)("%s in place of a record is that key's trouble alone", async (_, spoil) => {
  const { store, storePath, one } = await twoSessions();
  const file = path.join(storePath, recordName(bad));
  rmSync(file);
  spoil(file);
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();

  await expect(store.get(bad)).rejects.toMatchObject({ code: "INVALID_RECORD", sessionFile: file });
  await expect(store.ensure(bad)).rejects.toMatchObject({ code: "INVALID_RECORD" });
  expect(await store.list()).toEqual([one]);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(file), { code: "INVALID_RECORD" });
  const mirror = { storePath, text: "delivered" };
  expect(await appendAssistantMessageToSessionTranscript({ ...mirror, sessionKey: bad })).toEqual({
    ok: false,
    reason: expect.stringContaining(file) as string,
  });
  expect(await appendAssistantMessageToSessionTranscript({ ...mirror, sessionKey: good })).toMatchObject({
    ok: true,
  });
  expect(await store.update(good, () => ({ label: "fine" }))).toMatchObject({ label: "fine" });
});

test("a record that cannot be read can be deleted, and its key begins anew", async () => {
  const { store, storePath, other } = await twoSessions();
  appendFileSync(path.join(storePath, recordName(bad)), "}");

  expect(await store.delete(bad)).toBe(true);

  expect((await store.ensure(bad)).sessionId).not.toBe(other.sessionId);
});

function idOf({ sessionId, sessionFile }: { readonly sessionId: string; readonly sessionFile: string }) {
  return { sessionId, sessionFile };
}
