import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { breakSessionLock } from "session-lock";
import { expect, onTestFinished, test } from "vitest";
import { openSessionStore, openTranscript, SessionManager } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

/** Calls `stop` in the first sync that is made from now on, as if the process stood still there. */
function inFirstSync(stop: () => void): void {
  const { fsyncSync } = fs;
  const restore = () => {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  };
  fs.fsyncSync = (fd) => {
    restore();
    fsyncSync(fd);
    stop();
  };
  syncBuiltinESMExports();
  onTestFinished(restore);
}

const HEADER = {
  type: "session",
  version: 3,
  id: "theirs",
  timestamp: "2026-01-01T00:00:00.000Z",
  cwd: "/w",
};
const ENTRY = {
  type: "message",
  id: "a",
  parentId: null,
  timestamp: HEADER.timestamp,
  message: userMessage("theirs"),
};
const THEIRS = `${JSON.stringify(HEADER)}\n${JSON.stringify(ENTRY)}\n`;

/** As on a disk that is mounted read-only: the system refuses to make a file, and to remove even what is not there. */
function readOnlyDisk(): void {
  const { openSync, unlinkSync } = fs;
  const refuse = () => {
    throw Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
  };
  fs.openSync = (file, flags, mode) =>
    Number(flags) & fs.constants.O_CREAT ? refuse() : openSync(file, flags, mode);
  fs.unlinkSync = refuse;
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(fs, { openSync, unlinkSync });
    syncBuiltinESMExports();
  });
}

test("a read-only disk refuses a session with IO, whichever way it is to be made", () => {
  const [file, source] = [tempSession(), tempSession()];
  fs.writeFileSync(source, THEIRS);
  readOnlyDisk();
  const refused = { name: "TranscriptError", code: "IO", errno: "EROFS" };
  const { dir } = path.parse(file);
  const tries = [
    () => SessionManager.open(file, { unguarded: "allow" }).appendMessage(userMessage("one")),
    () => SessionManager.forkFrom(source, "/w", dir),
    () => SessionManager.open(source, dir).createBranchedSession("a"),
  ];

  for (const attempt of tries) expect(attempt).toThrow(expect.objectContaining(refused));
});

test("who stands still as it makes a session does not replace the one that somebody made meanwhile", async () => {
  const file = tempSession();
  inFirstSync(() => fs.writeFileSync(file, THEIRS));

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("ours"));

  expect(transcript.sessionId).toBe("theirs");
  expect(readRaw(file)).toMatchObject({ visible: ["theirs", "ours"], headers: 1 });
});

test("nor does a session manager whose first append makes the file", () => {
  const file = tempSession();
  const manager = SessionManager.open(file, { unguarded: "allow" });
  inFirstSync(() => fs.writeFileSync(file, THEIRS));

  expect(() => manager.appendMessage(userMessage("ours"))).toThrow(
    expect.objectContaining({ code: "CONFLICT" }),
  );

  expect(readRaw(file)).toMatchObject({ visible: ["theirs"], headers: 1 });
});

test("an empty file at the path is no session yet, and is made one", async () => {
  const file = tempSession();
  fs.writeFileSync(file, "");

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("ours"));

  expect(readRaw(file)).toMatchObject({ visible: ["ours"], headers: 1 });
});

test("who loses a record's lock as it writes the record leaves it as it is", async () => {
  const folder = tempFolder();
  const store = openSessionStore(folder);
  await store.update("main", () => ({ label: "first" }));
  const [name = ""] = fs.readdirSync(folder).filter((one) => one.endsWith(".json"));
  inFirstSync(() => void breakSessionLock(`${folder}/${name}`, { reason: "test", force: true }));

  await expect(store.update("main", () => ({ label: "stale" }))).rejects.toMatchObject({ code: "LOST" });

  expect(await store.get("main")).toMatchObject({ label: "first" });
  expect(fs.readdirSync(folder).filter((one) => one.endsWith(".tmp"))).toEqual([]);
});

test("a session is copied in pieces, as a long one is more than one string holds", () => {
  const [source, folder] = [tempSession(), tempFolder()];
  const long = { ...ENTRY, message: userMessage("x".repeat(1_500_000)) };
  const lines = ["a", "b", "c"].map((id) => `${JSON.stringify({ ...long, id })}\n`);
  fs.writeFileSync(source, `${JSON.stringify(HEADER)}\n${lines.join("")}`);
  const { writeSync } = fs;
  const lengths: number[] = [];
  fs.writeSync = ((...given: Parameters<typeof writeSync>) => {
    lengths.push(writeSync(...given));
    return lengths.at(-1);
  }) as typeof writeSync;
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  });

  const copy = SessionManager.forkFrom(source, "/w", folder).getSessionFile() ?? "";

  expect(fs.readFileSync(copy, "utf8").endsWith(lines.join(""))).toBe(true);
  expect(Math.max(...lengths)).toBeLessThan(2_000_000);
});
