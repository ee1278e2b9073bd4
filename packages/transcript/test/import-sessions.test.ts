import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { importSessions, openSessionStore, openTranscript } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { tempFolder } from "./temp-session.ts";

function sessionsFile(content: unknown): string {
  const file = path.join(tempFolder(), "sessions.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("an imported session goes on in its transcript, with every field that a run left in its record", async () => {
  const file = sessionsFile({
    "agent:main:main": {
      sessionId: "s1",
      updatedAt: 2_000,
      modelOverride: "m",
      totalTokens: 12,
      deliveryContext: { channel: "web" },
    },
    "telegram:42": { sessionId: "s2", updatedAt: 1_000, sessionFile: "other.jsonl" },
  });
  const before = readFileSync(file);
  const transcript = path.join(path.dirname(file), "s1.jsonl");
  await using existing = await openTranscript(transcript, { create: { sessionId: "s1" } });
  await existing.append(userMessage("one"));
  const store = openSessionStore(path.join(tempFolder(), "store"));

  const result = await importSessions(file, store);

  expect(result).toEqual({ imported: ["agent:main:telegram:42", "agent:main:main"], skipped: [] });
  const record = await store.get("main");
  expect(record).toMatchObject({
    sessionId: "s1",
    sessionFile: transcript,
    modelOverride: "m",
    totalTokens: 12,
    deliveryContext: { channel: "web" },
    importedUpdatedAt: 2_000,
  });
  expect((await store.list()).map(({ sessionId }) => sessionId)).toEqual(["s1", "s2"]);
  expect((await store.get("agent:main:telegram:42"))?.sessionFile).toBe(
    path.join(path.dirname(file), "other.jsonl"),
  );
  expect(readFileSync(file)).toEqual(before);
});

test("a record that cannot be taken over is named and stops no other, and a repeat changes nothing", async () => {
  const file = sessionsFile({
    "agent:main:bad": { updatedAt: 1 },
    "agent:main:escape": { sessionId: "../x", updatedAt: 2 },
    "agent:main:good": { sessionId: "s1", updatedAt: 3 },
  });
  const store = openSessionStore(tempFolder());

  const first = await importSessions(file, store);
  const record = await store.update("agent:main:good", () => ({ label: "changed since" }));
  const second = await importSessions(file, store);

  expect(first.imported).toEqual(["agent:main:good"]);
  expect(first.skipped.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:bad", "agent:main:escape"]);
  expect(second.imported).toEqual([]);
  expect(await store.get("agent:main:good")).toEqual(record);
});

test.each([["[]"], ["{ half"], ["7"]])("%s is not a sessions.json", async (content) => {
  const file = path.join(tempFolder(), "sessions.json");
  writeFileSync(file, content);

  await expect(importSessions(file, openSessionStore(tempFolder()))).rejects.toMatchObject({
    code: "INVALID_RECORD",
  });
});
