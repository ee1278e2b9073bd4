import { execFileSync } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, repair, SessionManager, validate } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder, tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const HEADER = '{"type":"session","version":3,"id":"s1","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}';
const FIRST =
  '{"type":"message","id":"e1","parentId":null,"timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}';
const LAST =
  '{"type":"message","id":"e2","parentId":"e1","timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"user","content":"two","timestamp":2}}';

const NOT_SESSIONS: readonly (readonly [string, string])[] = [
  ["a text file", "just some notes\n"],
  ["a torn header", HEADER.slice(0, 40)],
  ["an entry first", `${FIRST}\n${LAST}\n`],
  ["a header without an id", '{"type":"session","version":3}\n'],
  ["binary", "\u0000\u0001\u0002\n"],
  ["null", "null\n"],
  ["a blank line only", "\n"],
];

test.each(NOT_SESSIONS)("%s is refused and left as it is", async (_, content) => {
  const file = tempSession();
  writeFileSync(file, content);

  await expect(openTranscript(file)).rejects.toMatchObject({ code: "NOT_A_SESSION", sessionFile: file });
  expect(() => SessionManager.open(file)).toThrow(expect.objectContaining({ code: "NOT_A_SESSION" }));

  expect(readFileSync(file, "utf8")).toBe(content);
});

test("a file that is no session is replaced, as by pi 0.73, on request and under the lock, and its bytes are kept", async () => {
  const file = tempSession();
  writeFileSync(file, "just some notes");

  expect(() => SessionManager.open(file, { compat: "0.73" })).toThrow(
    expect.objectContaining({ code: "UNLOCKED" }),
  );
  expect(readFileSync(file, "utf8")).toBe("just some notes");
  await withSessionWriteLock(file, () => {
    SessionManager.open(file, { compat: "0.73" }).appendMessage(userMessage("one"));
  });

  expect(readRaw(file)).toMatchObject({ headers: 1, unreadable: 0, visible: ["one"] });
  expect(readFileSync(`${file}.rej`, "utf8")).toBe("just some notes\n");
  expect(() => SessionManager.open(`${file}.rej`)).toThrow(
    `Session file is not a valid pi session: ${file}.rej`,
  );
});

test("a manager that replaces files that are no sessions does so wherever it switches to", async () => {
  const file = tempSession();
  const notes = path.join(path.dirname(file), "notes.jsonl");
  writeFileSync(notes, "just some notes");

  await withSessionWriteLock(notes, () => {
    const session = SessionManager.open(file, { compat: "0.73" });
    session.setSessionFile(notes);
    session.appendMessage(userMessage("one"));
  });

  expect(readRaw(notes)).toMatchObject({ headers: 1, unreadable: 0, visible: ["one"] });
  expect(readFileSync(`${notes}.rej`, "utf8")).toBe("just some notes\n");
});

test("a session of a later version is refused, because its leaf may mean something else", async () => {
  const file = tempSession();
  writeFileSync(file, `${HEADER.replace('"version":3', '"version":5')}\n${FIRST}\n`);

  await expect(openTranscript(file)).rejects.toMatchObject({ code: "UNSUPPORTED_VERSION" });
});

test.each([0, -1, 2.5, 3.5])(
  "a session of version %d, which there is not, is refused as validate and repair refuse it",
  async (version) => {
    const file = tempSession();
    writeFileSync(file, `${HEADER.replace('"version":3', `"version":${version}`)}\n${FIRST}\n`);
    const refused = { code: "UNSUPPORTED_VERSION" };

    expect((await validate(file)).findings).toContainEqual(expect.objectContaining({ code: "F4" }));
    await expect(repair(file)).rejects.toMatchObject(refused);
    await expect(openTranscript(file)).rejects.toMatchObject(refused);
    expect(() => SessionManager.open(file)).toThrow(expect.objectContaining(refused));
  },
);

test("a store of lanes, as pi-agent-core had one, is refused by its name and with what to do, and left as it is", async () => {
  const file = tempSession();
  const content = '{"kind":"header","version":4,"id":"x","createdAt":1}\n{"kind":"entry","seq":1}\n';
  writeFileSync(file, content);
  const refusal = {
    code: "UNSUPPORTED_VERSION",
    message: expect.stringMatching(/pi-agent-core 0\.84 to 0\.87.*export/) as string,
  };

  await expect(openTranscript(file)).rejects.toMatchObject(refusal);
  expect(() => SessionManager.open(file, { compat: "0.73" })).toThrow(expect.objectContaining(refusal));
  await expect(repair(file, { dryRun: false })).rejects.toMatchObject({ code: "UNSUPPORTED_VERSION" });

  expect(readFileSync(file, "utf8")).toBe(content);
});

test("a link, a folder and a named pipe are refused", async () => {
  const folder = tempFolder();
  const real = path.join(folder, "real.jsonl");
  writeFileSync(real, `${HEADER}\n`);
  const link = path.join(folder, "link.jsonl");
  symlinkSync(real, link);
  const inside = path.join(folder, "folder.jsonl");
  mkdirSync(inside);
  const pipe = path.join(folder, "pipe.jsonl");
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", pipe]);

  await expect(openTranscript(link)).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(openTranscript(inside)).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(openTranscript(pipe)).rejects.toMatchObject({ code: "NOT_A_SESSION" });
});

test("a missing session is made on request only", async () => {
  const file = tempSession();

  await expect(openTranscript(file, { create: false })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await using transcript = await openTranscript(file, { create: { sessionId: "abc", cwd: "/somewhere" } });

  expect(transcript.sessionId).toBe("abc");
  expect(transcript.leafId).toBeUndefined();
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    type: "session",
    version: 3,
    id: "abc",
    cwd: "/somewhere",
  });
});

test("a session in a folder that cannot be made is refused, also where the system denies that the one above is there", async () => {
  const plain = tempSession();
  writeFileSync(plain, "");
  const inFile = path.join(plain, "folder", "s.jsonl");
  for (const file of ["/proc/nowhere/folder/s.jsonl", inFile])
    await expect(openTranscript(file, { create: { cwd: "/" } })).rejects.toMatchObject({ code: "IO" });
});

test("of several who open a missing session at once, one makes it", async () => {
  const file = tempSession();

  const opened = await Promise.all(Array.from({ length: 5 }, () => openTranscript(file)));

  expect(new Set(opened.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(readRaw(file)).toMatchObject({ headers: 1, unreadable: 0 });
});

test("an empty file is a session that has not begun", async () => {
  const file = tempSession();
  writeFileSync(file, "");

  await withSessionWriteLock(file, () => SessionManager.open(file).appendMessage(userMessage("one")));

  expect(readRaw(file)).toMatchObject({ headers: 1, visible: ["one"] });
});

test("a file that holds another session than the one expected is refused", async () => {
  const file = tempSession();
  writeFileSync(file, `${HEADER}\n${FIRST}\n`);

  await expect(openTranscript(file, { expectedSessionId: "other" })).rejects.toMatchObject({
    code: "SESSION_MISMATCH",
  });
});

test("a file that becomes another session while it is open is refused", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  writeFileSync(file, `${HEADER}\n${FIRST}\n`);

  await expect(transcript.append(userMessage("lost"))).rejects.toMatchObject({ code: "SESSION_MISMATCH" });

  expect(readFileSync(file, "utf8")).toBe(`${HEADER}\n${FIRST}\n`);
});

test.each([3, 4])(
  "opening and appending read only the ends of a file of version %i too large to be read",
  async (version) => {
    const file = tempSession();
    const size = 2 ** 40; // sparse: one hole of a terabyte between header and last entry
    const fd = openSync(file, "w");
    writeSync(fd, `${HEADER.replace('"version":3', `"version":${version}`)}\n`);
    ftruncateSync(fd, size);
    writeSync(fd, `\n${LAST}\n`, size);
    closeSync(fd);

    await using transcript = await openTranscript(file);
    expect(transcript.leafId).toBe("e2");
    const { entry } = await transcript.append(userMessage("three"));
    expect(SessionManager.open(file).getLeafId()).toBe(entry.id);

    expect(entry.parentId).toBe("e2");
  },
);

test("opening a session manager writes nothing and makes no lock", () => {
  const file = tempSession();
  writeFileSync(file, `${HEADER}\n${FIRST}\n${LAST.slice(0, 50)}`);
  const before = statSync(file, { bigint: true });

  const session = SessionManager.open(file);

  expect(session.getEntries().map(({ id }) => id)).toEqual(["e1"]);
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
});

test("new files are private to the user under any umask", async () => {
  const folder = path.join(tempFolder(), "made");
  const file = path.join(folder, "session.jsonl");
  const worker = startWorker("append.js", [file, "transcript", "one", "1"], { shell: "umask 000" });
  worker.send("go");
  await worker.rest();

  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("the mode of an existing file is kept", async () => {
  const file = tempSession();
  writeFileSync(file, `${HEADER}\n`, { mode: 0o640 });

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  expect(statSync(file).mode & 0o777).toBe(0o640);
});
