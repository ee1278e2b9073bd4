import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { keptKeys } from "../src/file/kept-keys.ts";
import { SessionFile } from "../src/file/session-file.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

async function keyed(count: number): Promise<string> {
  const file = tempSession();
  await using transcript = await openTranscript(file, { durability: "os" });
  const items = Array.from({ length: count }, (_, at) => ({
    message: userMessage(`text ${String(at).padStart(4, "0")}`),
    idempotencyKey: `key ${String(at).padStart(4, "0")}`,
  }));
  await transcript.appendMany(items);
  return file;
}

/** A session file that counts the bytes that are read from it. */
function counted(file: SessionFile) {
  let bytes = 0;
  const counting = Object.assign(Object.create(file) as SessionFile, {
    read(start: number, end: number) {
      bytes += end - start;
      return file.read(start, end);
    },
  });
  Object.defineProperties(counting, {
    path: { value: file.path },
    opened: { value: file.opened },
  });
  return { file: counting, bytes: () => bytes };
}

test("the first question for a key reads the session, each later one only the entry it finds and what is new", async () => {
  const path = await keyed(500);
  const size = readFileSync(path).length;
  using file = SessionFile.open(path, "read");
  const { file: counting, bytes } = counted(file ?? expect.fail("there is a file"));
  const find = (key: string) => keptKeys.find({ file: counting, end: size, version: 3 }, key);

  const first = find("key 0007");
  const once = bytes();
  const second = find("key 0499");
  const none = find("key 9999");

  expect([first, second, none]).toMatchObject([
    { message: { idempotencyKey: "key 0007" } },
    { message: { idempotencyKey: "key 0499" } },
    undefined,
  ]);
  expect(once).toBeGreaterThanOrEqual(size);
  expect(bytes() - once).toBeLessThan(1_000);
});

test("a transcript that is opened anew finds the keys of one that was closed, and those of writers since", async () => {
  const path = await keyed(3);
  for (let at = 0; at < 5; at += 1) {
    await using transcript = await openTranscript(path);
    const known = await transcript.append(userMessage("again"), { idempotencyKey: "key 0001" });
    const fresh = await transcript.append(userMessage(`more ${at}`), { idempotencyKey: `more ${at}` });
    const repeat = await transcript.append(userMessage("again"), { idempotencyKey: `more ${at}` });
    expect([known.repeated, fresh.repeated, repeat.repeated]).toEqual([true, false, true]);
  }

  expect(readRaw(path).visible).toHaveLength(8);
});

test("keys that change places in a file of the same length are found where they are now", async () => {
  const path = await keyed(2);
  await using before = await openTranscript(path);
  await before.append(userMessage("again"), { idempotencyKey: "key 0000" });
  const [header = "", one = "", two = ""] = readFileSync(path, "utf8").split("\n");
  const swapped = [one.replace("key 0000", "key 0001"), two.replace("key 0001", "key 0000")];

  writeFileSync(path, [header, ...swapped, ""].join("\n"));
  await using after = await openTranscript(path);
  const { entry } = await after.append(userMessage("again"), { idempotencyKey: "key 0000" });

  expect(entry).toMatchObject({ message: { content: [{ text: "text 0001" }] } });
});

test("a key is found in a file that took the place of one with as many bytes", async () => {
  const path = await keyed(3);
  await using transcript = await openTranscript(path, { durability: "os" });
  await transcript.append(userMessage("text 0002"), { idempotencyKey: "key 0002" });
  // What another session's file is that has the number of one that was deleted: many file systems give it again at once.
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("key 0002", "key 0009"));
  await using reopened = await openTranscript(path, { durability: "os" });

  const repeat = await reopened.append(userMessage("text 0002"), { idempotencyKey: "key 0009" });

  expect(repeat.repeated).toBe(true);
  expect(readRaw(path).visible).toHaveLength(3);
});
