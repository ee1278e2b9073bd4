import { readdirSync, readFileSync, writeFileSync } from "node:fs";
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
      createdAt: 1_500,
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

  expect(result).toEqual({
    imported: ["agent:main:telegram:42", "agent:main:main"],
    existing: [],
    refused: [],
  });
  const record = await store.get("main");
  expect(record).toMatchObject({
    sessionId: "s1",
    sessionFile: transcript,
    modelOverride: "m",
    totalTokens: 12,
    deliveryContext: { channel: "web" },
    createdAt: 1_500,
    updatedAt: 2_000,
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
    "agent:main:null": null,
    "agent:main:escape": { sessionId: "../x", updatedAt: 2 },
    "agent:main:taken": { sessionId: "s2", sessionFile: "s1.jsonl", updatedAt: 3 },
    "agent:main:folder": { sessionId: "s3", sessionFile: ".", updatedAt: 4 },
    "agent:main:nul": { sessionId: "s4", sessionFile: "a\u0000b", updatedAt: 5 },
    "agent::x": { sessionId: "s5", updatedAt: 6 },
    "agent:main:good": { sessionId: "s1", updatedAt: 7 },
  });
  await (
    await openTranscript(path.join(path.dirname(file), "s1.jsonl"), { create: { sessionId: "s1" } })
  ).close();
  const store = openSessionStore(tempFolder());

  const dry = await importSessions(file, store, { dryRun: true });
  expect(readdirSync(store.storePath)).toEqual([]);
  const first = await importSessions(file, store);
  const record = await store.update("agent:main:good", () => ({ label: "changed since" }));
  const second = await importSessions(file, store);

  expect(first.imported).toEqual(["agent:main:good"]);
  expect(first.refused.map(({ sessionKey }) => sessionKey)).toEqual([
    "agent:main:null",
    "agent:main:bad",
    "agent:main:escape",
    "agent:main:taken",
    "agent:main:folder",
    "agent:main:nul",
    "agent::x",
  ]);
  expect(dry).toEqual(first);
  expect(second).toEqual({ ...first, imported: [], existing: ["agent:main:good"] });
  expect(await store.get("agent:main:good")).toEqual(record);
});

test("of two names for one key the one that was used last is taken over", async () => {
  const file = sessionsFile({
    main: { sessionId: "new", updatedAt: 2 },
    "agent:helper:main": { sessionId: "old", updatedAt: 1 },
  });
  const store = openSessionStore(tempFolder());

  const result = await importSessions(file, store, { agentId: "helper" });

  expect(result.imported).toEqual(["agent:helper:main"]);
  expect(result.refused).toEqual([
    { sessionKey: "agent:helper:main", reason: "main is the same key and was used later" },
  ]);
  expect(await store.get("agent:helper:main")).toMatchObject({ sessionId: "new" });
});

test("a file of three hundred sessions is taken over, each into a file of its own", async () => {
  const keys = Array.from({ length: 300 }, (_, at) => `agent:main:s${at}`);
  const file = sessionsFile(
    Object.fromEntries(keys.map((key, at) => [key, { sessionId: `s${at}`, updatedAt: at, totalTokens: at }])),
  );
  const store = openSessionStore(tempFolder());

  const { imported } = await importSessions(file, store);

  expect(imported).toEqual(keys);
  expect((await store.list()).map(({ totalTokens }) => totalTokens)).toEqual(
    keys.map((_, at) => at).reverse(),
  );
});

test.each([["[]"], ["{ half"], ["7"], [""]])("%s is not a sessions.json", async (content) => {
  const file = path.join(tempFolder(), "sessions.json");
  writeFileSync(file, content);

  await expect(importSessions(file, openSessionStore(tempFolder()))).rejects.toMatchObject({
    code: "INVALID_RECORD",
  });
});
