import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, rmSync } from "node:fs";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

test("an append expects the leaf it was written against", async () => {
  const file = tempSession();
  await using one = await openTranscript(file);
  await using two = await openTranscript(file);
  const { entry } = await one.append(userMessage("one"), { expectedLeaf: undefined });

  await expect(two.append(userMessage("late"), { expectedLeaf: undefined })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  await two.append(userMessage("two"), { expectedLeaf: entry.id });
  await expect(one.append(userMessage("late"), { expectedLeaf: entry.id })).rejects.toMatchObject({
    code: "CONFLICT",
  });

  expect(readRaw(file).visible).toEqual(["one", "two"]);
});

test("a conflict fails its own append only", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const outcomes = await Promise.allSettled([
    transcript.append(userMessage("one")),
    transcript.append(userMessage("never"), { expectedLeaf: "nowhere" }),
    transcript.append(userMessage("two")),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(readRaw(file).visible).toEqual(["one", "two"]);
});

test("several items are written together, each below the one before", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const appended = await transcript.appendMany([
    { message: userMessage("one") },
    { customType: "note", data: { a: 1 } },
    { message: assistantMessage("two") },
  ]);

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two"], forks: 0 });
  expect((await transcript.branch()).map(({ id }) => id)).toEqual(appended.map(({ entry }) => entry.id));
  expect(await transcript.appendMany([])).toEqual([]);
});

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

test.each([
  ["undefined", undefined],
  ["a string", "hello"],
  ["an object without a role", {}],
  ["an empty role", { role: "", content: "x" }],
  ["a user without content", { role: "user" }],
  ["a big integer", { role: "user", content: "x", size: 1n }],
  ["a cycle", { role: "user", content: "x", cyclic }],
])("%s is not a message and leaves the file as it is", async (_, message) => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  const before = readFileSync(file);

  await expect(transcript.append(message as never)).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
  await withSessionWriteLock(file, () => {
    expect(() => SessionManager.open(file).appendMessage(message as never)).toThrow(
      expect.objectContaining({ code: "INVALID_MESSAGE" }),
    );
  });

  expect(readFileSync(file)).toEqual(before);
});

test("an append inside the scope of an owner uses the owner's lock, whoever else waits", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file, { lockTimeoutMs: 60_000 });
  const outside: Promise<unknown>[] = [];
  const elsewhere = AsyncLocalStorage.snapshot();

  await withSessionWriteLock(file, async () => {
    outside.push(elsewhere(() => transcript.append(userMessage("waits in another scope"))));
    await transcript.append(userMessage("inside"));
  });
  await Promise.all(outside);

  expect([...readRaw(file).visible].sort()).toEqual(["inside", "waits in another scope"]);
});

test("appends that an owner makes at the same time are all written", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  await withSessionWriteLock(file, () =>
    Promise.all(["one", "two", "three"].map((text) => transcript.append(userMessage(text)))),
  );

  expect(readRaw(file)).toMatchObject({ visible: ["one", "two", "three"], forks: 0 });
});

test("an append within a given lock uses it", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await using lock = await acquireSessionWriteLock({ sessionFile: file });

  await transcript.append(userMessage("one"), { within: lock });

  expect(readRaw(file).visible).toEqual(["one"]);
});

test("an append that is called off while it waits writes nothing", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const stop = new AbortController();
  const later: Promise<unknown>[] = [];

  {
    await using _lock = await acquireSessionWriteLock({ sessionFile: file });
    const calledOff = transcript.append(userMessage("never"), { signal: stop.signal });
    later.push(transcript.append(userMessage("later")));
    stop.abort();
    await expect(calledOff).rejects.toMatchObject({ code: "ABORTED" });
  }
  await Promise.all(later);

  expect(readRaw(file).visible).toEqual(["later"]);
});

test("an owner that lost its right writes nothing more", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  await using lock = await acquireSessionWriteLock({ sessionFile: file, maxHoldMs: 50 });
  await expect.poll(() => lock.held).toBe(false);
  const before = readFileSync(file);

  await expect(transcript.append(userMessage("late"), { within: lock })).rejects.toMatchObject({
    code: "LOST",
  });
  expect(() => SessionManager.open(file, { lock }).appendMessage(userMessage("late"))).toThrow(
    expect.objectContaining({ code: "LOST" }),
  );

  expect(readFileSync(file)).toEqual(before);
});

test("a transcript whose file is gone says so and does not make another", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  rmSync(file);

  await expect(transcript.append(userMessage("two"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(transcript.entries()).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a closed transcript refuses, after finishing what was under way", async () => {
  const file = tempSession();
  const transcript = await openTranscript(file);
  const underWay = transcript.append(userMessage("one"));

  await transcript.close();
  await transcript.close();

  expect(readRaw(file).visible).toEqual(["one"]);
  await underWay;
  await expect(transcript.append(userMessage("two"))).rejects.toMatchObject({ code: "CLOSED" });
  await expect(transcript.branch()).rejects.toMatchObject({ code: "CLOSED" });
});
