import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

test("a repeat with the same key returns the first entry and writes nothing", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const first = await transcript.append(userMessage("one"), { idempotencyKey: "k" });
  await transcript.append(userMessage("two"));
  const repeat = await transcript.append(userMessage("another text"), {
    idempotencyKey: "k",
    expectedLeaf: "outdated",
  });

  expect(first.repeated).toBe(false);
  expect(repeat).toEqual({ ...first, repeated: true });
  expect(first.entry).toMatchObject({ message: { idempotencyKey: "k" } });
  expect(readRaw(file).visible).toEqual(["one", "two"]);
});

test("a key is known after the session is opened anew", async () => {
  const file = tempSession();
  const before = await openTranscript(file);
  const first = await before.append(userMessage("one"), { idempotencyKey: "k" });
  await before.close();

  await using after = await openTranscript(file);
  const repeat = await after.append(userMessage("one"), { idempotencyKey: "k" });

  expect(repeat).toEqual({ ...first, repeated: true });
});

test("a batch of which a kill left only the beginning is completed when it is repeated under its keys", async () => {
  const file = tempSession();
  const items = ["a", "b", "c", "d"].map((text) => ({ message: userMessage(text), idempotencyKey: text }));
  const first = await openTranscript(file);
  await first.appendMany(items);
  await first.close();
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, `${lines.slice(0, 3).join("\n")}\n${lines[3]?.slice(0, 30) ?? ""}`);

  await using transcript = await openTranscript(file);
  const repeated = await transcript.appendMany(items);

  expect(repeated.map((one) => one.repeated)).toEqual([true, true, false, false]);
  expect(readRaw(file)).toMatchObject({ visible: ["a", "b", "c", "d"], forks: 0, unreadable: 0 });
});

test("a key that another process wrote after the keys were read is known", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("mine"), { idempotencyKey: "mine" });
  const worker = startWorker("append-keyed.js", [file, "theirs"]);
  const [id] = await worker.rest();

  const repeat = await transcript.append(userMessage("again"), { idempotencyKey: "theirs" });

  expect(repeat.repeated).toBe(true);
  expect(repeat.entry.id).toBe(id);
});

test("of appends under one key that wait together, one is written", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const all = await Promise.all(
    Array.from({ length: 10 }, () => transcript.append(assistantMessage("once"), { idempotencyKey: "k" })),
  );

  expect(all.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect(new Set(all.map(({ entry }) => entry.id)).size).toBe(1);
  expect(readRaw(file).visible).toEqual(["once"]);
});

test("custom entries have keys too, in their data", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const first = await transcript.appendCustom("session-lock.input", { text: "hi" }, { idempotencyKey: "k" });
  const many = await transcript.appendMany([
    { customType: "session-lock.input", data: { text: "hi" }, idempotencyKey: "k" },
    { customType: "session-lock.input", idempotencyKey: "other" },
  ]);

  expect(first.entry).toMatchObject({ data: { text: "hi", idempotencyKey: "k" } });
  expect(many.map(({ repeated }) => repeated)).toEqual([true, false]);
  await expect(transcript.appendCustom("x", "no object", { idempotencyKey: "z" })).rejects.toMatchObject({
    code: "INVALID_MESSAGE",
  });
});

test.each(["", "k".repeat(513)])("a key is 1 to 512 characters", async (idempotencyKey) => {
  await using transcript = await openTranscript(tempSession());

  await expect(transcript.append(userMessage("one"), { idempotencyKey })).rejects.toMatchObject({
    code: "INVALID_KEY",
  });
});
