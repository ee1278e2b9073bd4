import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock } from "session-lock";
import { afterEach, expect, test, vi } from "vitest";
import {
  appendAssistantMessageToSessionTranscript,
  defaultStorePath,
  onSessionTranscriptUpdate,
  openSessionStore,
  openTranscript,
} from "../src/index.ts";
import { SessionFile } from "../src/file/session-file.ts";
import { Transcript } from "../src/transcript.ts";
import { assistantMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const sessionKey = "agent:main:main";

afterEach(() => vi.unstubAllEnvs());

async function storeWithSession() {
  const storePath = tempFolder();
  const { sessionFile, sessionId } = await openSessionStore(storePath).ensure(sessionKey);
  return { storePath, sessionFile, sessionId };
}

test("a delivered text becomes one assistant message that says where it came from", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();

  const result = await appendAssistantMessageToSessionTranscript({
    sessionKey: "main",
    storePath,
    text: " delivered ",
  });

  await using transcript = await openTranscript(sessionFile, { create: false });
  const [entry] = await transcript.entries();
  expect(transcript.sessionId).toBe(sessionId);
  expect(result).toEqual({ ok: true, sessionFile, messageId: entry?.id });
  expect(entry).toMatchObject({
    type: "message",
    message: {
      role: "assistant",
      content: [{ type: "text", text: "delivered" }],
      api: "openai-responses",
      provider: "openclaw",
      model: "delivery-mirror",
      usage: { input: 0, output: 0, totalTokens: 0, cost: { total: 0 } },
      stopReason: "stop",
    },
  });
});

test.each([
  ["https://host/a/cat%20one.png?token=secret", "cat one.png"],
  ["file:///tmp/two.jpg#x", "two.jpg"],
  ["C:\\pictures\\three.gif", "three.gif"],
  ["100%.png", "100%.png"],
  ["https://host/a%0A%1Bb.png", "a b.png"],
  ["https://host/", "media"],
  ["data:image/png;base64,iVBORw0/KGgo", "media"],
])("the medium %j is recorded as %j", async (mediaUrl, recorded) => {
  const { storePath, sessionFile } = await storeWithSession();

  await appendAssistantMessageToSessionTranscript({
    sessionKey,
    storePath,
    text: " ",
    mediaUrls: [mediaUrl],
  });

  expect(readRaw(sessionFile).visible).toEqual([recorded]);
});

test("several media are joined by commas, and a text goes before media", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  const mediaUrls = ["https://host/one.png", "https://host/", "", "https://host/two.png"];

  await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, mediaUrls });
  await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, mediaUrls, text: "look" });

  expect(readRaw(sessionFile).visible).toEqual(["one.png, two.png", "look"]);
});

test("what the run has recorded under its key is not recorded twice", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  await using transcript = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  const run = await transcript.append(assistantMessage("the answer"), { idempotencyKey: "run1:assistant" });

  const mirror = { sessionKey, storePath, text: "the answer" };
  const same = await appendAssistantMessageToSessionTranscript({
    ...mirror,
    idempotencyKey: "run1:assistant",
  });
  const another = await appendAssistantMessageToSessionTranscript({
    ...mirror,
    idempotencyKey: "run2:assistant",
  });

  expect(same).toEqual({ ok: true, sessionFile, messageId: run.entry.id });
  expect(another).toMatchObject({ ok: true });
  expect(readRaw(sessionFile).visible).toEqual(["the answer", "the answer"]);
});

test.each([
  ["no key", { sessionKey: " ", text: "x" }, "missing sessionKey"],
  ["nothing to say", { sessionKey, text: " ", mediaUrls: [" "] }, "empty text"],
  ["an unknown key", { sessionKey: "agent:main:nobody", text: "x" }, "unknown sessionKey: agent:main:nobody"],
  ["a bad key", { sessionKey: "../../etc", text: "x" }, "a session key is agent:<agentId>:<rest>, or main"],
])("%s is an answer, not an error", async (_, mirror, reason) => {
  const { storePath } = await storeWithSession();

  expect(await appendAssistantMessageToSessionTranscript({ ...mirror, storePath })).toEqual({
    ok: false,
    reason,
  });
});

test("a file that holds another session is an answer too, and stays as it is", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  const other =
    '{"type":"session","version":3,"id":"other","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n';
  writeFileSync(sessionFile, other);

  const result = await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "x" });

  expect(result).toMatchObject({
    ok: false,
    reason: expect.stringContaining("holds session other") as string,
  });
  expect(readRaw(sessionFile).entries).toEqual([]);
});

test("a mirror knows the keys that others recorded since its last one", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  const mirror = { sessionKey, storePath, text: "x", idempotencyKey: "first" };
  await appendAssistantMessageToSessionTranscript(mirror);
  await using run = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  const { entry } = await run.append(assistantMessage("by the run"), { idempotencyKey: "second" });

  const repeated = await appendAssistantMessageToSessionTranscript({ ...mirror, idempotencyKey: "second" });

  expect(repeated).toEqual({ ok: true, sessionFile, messageId: entry.id });
  expect(readRaw(sessionFile).visible).toEqual(["x", "by the run"]);
});

test("a mirror into a session whose file was deleted since the last one makes it anew", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  const mirror = { sessionKey, storePath, text: "x", idempotencyKey: "k" };
  await appendAssistantMessageToSessionTranscript(mirror);
  rmSync(sessionFile);

  expect(await appendAssistantMessageToSessionTranscript(mirror)).toMatchObject({ ok: true, sessionFile });

  expect(readRaw(sessionFile)).toMatchObject({ headers: 1, visible: ["x"] });
});

test("a key that the session has costs a mirror nothing that grows with the session", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  await using run = await openTranscript(sessionFile, { expectedSessionId: sessionId, durability: "os" });
  const items = Array.from({ length: 2_000 }, () => ({ message: assistantMessage("x".repeat(500)) }));
  await run.appendMany(items);
  const mirror = { sessionKey, storePath, text: "x", idempotencyKey: "k" };
  await appendAssistantMessageToSessionTranscript(mirror);
  const read = vi.spyOn(SessionFile.prototype, "read");

  await appendAssistantMessageToSessionTranscript(mirror);

  const bytes = read.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
  read.mockRestore();
  expect(bytes).toBeGreaterThan(0);
  // The header, the entry and the end of the file; of 1.9 MB.
  expect(bytes).toBeLessThan(8_192);
});

test("a mirror that waits while its key gets another session is in that one, and in no other", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  await using run = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  const mirrors: Promise<unknown>[] = [];

  {
    await using lock = await acquireSessionWriteLock({ sessionFile });
    const append = vi.spyOn(Transcript.prototype, "append");
    mirrors.push(appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "mirror" }));
    await expect.poll(() => append.mock.calls.length).toBeGreaterThan(0);
    append.mockRestore();
    await lock.run(() => openSessionStore(storePath).update(sessionKey, () => ({ sessionId: "next" })));
  }
  const [result] = await Promise.all(mirrors);

  const next = path.join(storePath, "next.jsonl");
  expect(result).toMatchObject({ ok: true, sessionFile: next });
  expect(readRaw(next).visible).toEqual(["mirror"]);
  expect(await run.entries()).toEqual([]);
});

test("a mirror that waits while its key is deleted is refused, and recorded nowhere", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  await using run = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  const mirrors: Promise<unknown>[] = [];

  {
    await using lock = await acquireSessionWriteLock({ sessionFile });
    const append = vi.spyOn(Transcript.prototype, "append");
    mirrors.push(appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "mirror" }));
    await expect.poll(() => append.mock.calls.length).toBeGreaterThan(0);
    append.mockRestore();
    await lock.run(() => openSessionStore(storePath).delete(sessionKey));
  }

  expect(await Promise.all(mirrors)).toEqual([{ ok: false, reason: `unknown sessionKey: ${sessionKey}` }]);
  expect(await run.entries()).toEqual([]);
});

test("one key that several processes record at once is one message, and each is told where", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  const workers = ["a", "b", "c"].map((name) =>
    startWorker("mirror-keyed.js", [storePath, sessionKey, name, "10"]),
  );
  await Promise.all(workers.map((worker) => worker.next()));
  for (const worker of workers) worker.send("go");

  const told = await Promise.all(workers.map((worker) => worker.rest()));

  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
  expect(readRaw(sessionFile).branch.map(({ id }) => id)).toEqual(told[0]);
});

test("a session that cannot be written is an answer that says why", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  mkdirSync(sessionFile);

  const result = await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "x" });

  expect(result).toEqual({ ok: false, reason: expect.stringContaining(sessionFile) as string });
});

test("a mirror waits for the run that writes", async () => {
  const { storePath, sessionFile, sessionId } = await storeWithSession();
  await using transcript = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  const mirrors: Promise<unknown>[] = [];

  {
    await using lock = await acquireSessionWriteLock({ sessionFile });
    mirrors.push(appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "mirror" }));
    await transcript.append(assistantMessage("run"), { within: lock });
  }
  await Promise.all(mirrors);

  expect(readRaw(sessionFile)).toMatchObject({ visible: ["run", "mirror"], forks: 0 });
});

test("the default store is the agent's, below SESSION_LOCK_HOME", async () => {
  const home = tempFolder();
  vi.stubEnv("SESSION_LOCK_HOME", home);
  const updates: string[] = [];
  const stop = onSessionTranscriptUpdate(({ sessionFile }) => updates.push(sessionFile));
  const { sessionFile } = await openSessionStore(defaultStorePath("helper")).ensure("agent:helper:main");

  const result = await appendAssistantMessageToSessionTranscript({
    sessionKey: "agent:helper:main",
    text: "x",
  });
  stop();

  expect(sessionFile.startsWith(`${home}/agents/helper/sessions/`)).toBe(true);
  expect(existsSync(sessionFile)).toBe(true);
  expect(result).toMatchObject({ ok: true, sessionFile });
  expect(updates).toEqual([sessionFile]);
});

test("a text that the session's disk refuses waits beside it, and comes home with the next append of whoever opens the session", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  // 64 blocks of 512 bytes: no file can grow past 32 KiB.
  const worker = startWorker("mirror-on-full-disk.js", [storePath, sessionKey], {
    shell: "ulimit -f 64",
  });
  const [errno, , first = "", second = ""] = await worker.rest();
  const before = readRaw(sessionFile).visible.length;
  await using transcript = await openTranscript(sessionFile);
  const { messages } = await transcript.context();
  const wasDegraded = transcript.degraded;

  await transcript.append(assistantMessage("room again"));

  const mirrored = JSON.parse(first) as { readonly messageId: string };
  expect(errno).toBe("EFBIG");
  expect(mirrored).toEqual({ ok: true, sessionFile, messageId: expect.any(String) as string });
  expect(JSON.parse(second)).toEqual(mirrored);
  expect([wasDegraded, transcript.degraded]).toEqual([true, false]);
  expect(JSON.stringify(messages)).toContain("delivered");
  expect(readRaw(sessionFile).visible.slice(before)).toEqual(["delivered", "room again"]);
  expect(readRaw(sessionFile).branch.at(-2)?.id).toBe(mirrored.messageId);
  expect(existsSync(`${sessionFile}.spill`)).toBe(false);
});

test("a text that may not be spilled is not recorded, and the answer says why", async () => {
  const { storePath, sessionFile } = await storeWithSession();
  const worker = startWorker("mirror-on-full-disk.js", [storePath, sessionKey, "no spill"], {
    shell: "ulimit -f 64",
  });

  const [, , first = "", second = ""] = await worker.rest();

  expect(JSON.parse(first)).toEqual({ ok: false, reason: expect.stringContaining("EFBIG") as string });
  expect(JSON.parse(second)).toMatchObject({ ok: false });
  expect(readRaw(sessionFile).visible).not.toContain("delivered");
  expect(existsSync(`${sessionFile}.spill`)).toBe(false);
});
