import { constants } from "node:buffer";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

async function twoEntries(file: string): Promise<{ readonly whole: Buffer; readonly lastLine: number }> {
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  const lastLine = readFileSync(file).length;
  await transcript.append(userMessage("two – ünï ✓"));
  return { whole: readFileSync(file), lastLine };
}

test("cut at every byte of its last line, a session opens with all before it and goes on", async () => {
  const file = tempSession();
  const { whole, lastLine } = await twoEntries(file);
  const complete = whole.length - 1; // only the newline is missing: nothing of the entry is lost

  for (let cut = lastLine; cut < complete; cut += 1) {
    writeFileSync(file, whole.subarray(0, cut));
    writeFileSync(`${file}.rej`, "");
    await using transcript = await openTranscript(file, { durability: "os" });
    const before = (await transcript.branch()).length;
    const untouched = readFileSync(file).equals(whole.subarray(0, cut));
    await transcript.append(userMessage("three"));

    expect({ cut, before, untouched, after: readRaw(file).visible }).toEqual({
      cut,
      before: 1,
      untouched: true,
      after: ["one", "three"],
    });
    expect(readRaw(file)).toMatchObject({ unreadable: 0, forks: 0 });
    expect(readFileSync(`${file}.rej`).subarray(0, cut - lastLine)).toEqual(whole.subarray(lastLine, cut));
  }
});

test("a last line that lost only its newline is kept", async () => {
  const file = tempSession();
  const { whole } = await twoEntries(file);
  writeFileSync(file, whole.subarray(0, -1));

  await withSessionWriteLock(file, () => SessionManager.open(file).appendMessage(userMessage("three")));

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two – ünï ✓", "three"], unreadable: 0, forks: 0 });
  expect(existsSync(`${file}.rej`)).toBe(false);
});

test("zeroes that a power cut left behind the last line are cut off and kept aside", async () => {
  const file = tempSession();
  const { whole } = await twoEntries(file);
  writeFileSync(file, Buffer.concat([whole, Buffer.alloc(5000)]));

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("three"));

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two – ünï ✓", "three"], unreadable: 0 });
  expect(readFileSync(`${file}.rej`)).toEqual(Buffer.concat([Buffer.alloc(5000), Buffer.from("\n")]));
});

test("a header that lost only its newline is a session", async () => {
  const file = tempSession();
  writeFileSync(
    file,
    '{"type":"session","version":3,"id":"s1","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}',
  );

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  expect(readRaw(file)).toMatchObject({ headers: 1, visible: ["one"], unreadable: 0 });
});

test("a tail that is too long for a string is cut off by an append and kept aside, and never read as one", async () => {
  const file = tempSession();
  await twoEntries(file);
  await using before = await openTranscript(file);
  const size = statSync(file).size;
  const length = constants.MAX_STRING_LENGTH + 1;
  truncateSync(file, size + length);
  const entries = await before.entries();

  await before.append(userMessage("three"));

  expect(entries).toHaveLength(2);
  expect(readRaw(file)).toMatchObject({ visible: ["one", "two – ünï ✓", "three"], unreadable: 0, forks: 0 });
  expect(statSync(`${file}.rej`).size).toBe(length + 1);
});

test("a tail longer than any line that is read is no entry, though it parses", async () => {
  const file = tempSession();
  await twoEntries(file);
  const tail = `{"type":"custom","id":"x","parentId":null,"data":"${"x".repeat(64 * 1024 * 1024)}"}`;
  writeFileSync(file, tail, { flag: "a" });

  await withSessionWriteLock(file, () => SessionManager.open(file).appendMessage(userMessage("three")));

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two – ünï ✓", "three"], unreadable: 0, forks: 0 });
  expect(statSync(`${file}.rej`).size).toBe(tail.length + 1);
});

test("a reader never shows a line that is still being written", async () => {
  const file = tempSession();
  const { whole, lastLine } = await twoEntries(file);
  writeFileSync(file, whole.subarray(0, lastLine + 20));
  await using transcript = await openTranscript(file);
  const during = (await transcript.entries()).length;

  writeFileSync(file, whole.subarray(lastLine + 20), { flag: "a" });

  expect(during).toBe(1);
  expect(await transcript.entries()).toHaveLength(2);
});

test("who saw a torn tail sees what another wrote in its place, though it has as many bytes", async () => {
  const file = tempSession();
  await using first = await openTranscript(file);
  await first.append(userMessage("one"));
  const before = readFileSync(file).length;
  await first.append(userMessage("two"));
  const length = readFileSync(file).length - before;
  writeFileSync(file, "x".repeat(2 * length), { flag: "a" });
  await using second = await openTranscript(file);
  const manager = SessionManager.open(file);

  await first.append(userMessage("six"));
  const { entry } = await first.append(userMessage("ten"));
  const next = await second.append(userMessage("seven"));
  await withSessionWriteLock(file, () => manager.appendMessage(userMessage("eight")));

  expect(next.entry.parentId).toBe(entry.id);
  expect(readRaw(file)).toMatchObject({ forks: 0, visible: ["one", "two", "six", "ten", "seven", "eight"] });
  expect(readFileSync(`${file}.rej`, "utf8")).toBe(`${"x".repeat(2 * length)}\n`);
});

test("who wrote the last line continues what stands there once that was cut off and another as long was written", async () => {
  const file = tempSession();
  await using one = await openTranscript(file);
  await using two = await openTranscript(file);
  await one.append(userMessage("one"));
  await two.append(userMessage("two"));
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, whole.slice(0, whole.lastIndexOf("\n", whole.length - 2) + 1));

  await one.append(userMessage("2nd"));
  await two.append(userMessage("three"));

  expect(readRaw(file)).toMatchObject({ visible: ["one", "2nd", "three"], forks: 0 });
  expect(await two.branch()).toEqual(readRaw(file).branch);
});
