import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

async function talk(client: TestClient, count: number): Promise<void> {
  const runs = Array.from({ length: count }, (_item, index) => `run-${index}`);
  await Promise.all(runs.map((runId) => client.send("main", runId, runId)));
  await Promise.all(runs.map((runId) => client.terminal(runId)));
}

test("the history is what is in the file, message by message", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await talk(client, 3);
  await client.request("chat.inject", { sessionKey: "main", message: "a note" });
  const history = await client.request("chat.history", { sessionKey: "main" });

  const entries = await readEntries(await sessionFileOf(dir.path, "agent:main:main"));
  const stored = entries.filter((entry) => entry.type === "message");
  expect(stored).toHaveLength(7);
  expect(history["messages"]).toEqual(
    stored.map((entry, index) => ({ ...entry.message, __openclaw: { id: entry.id, seq: index + 1 } })),
  );
});

test("the newest messages come first, and the older ones by offset", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await talk(client, 5);

  const newest = await client.request("chat.history", { sessionKey: "main", limit: 4 });
  const oldest = await client.request("chat.history", { sessionKey: "main", limit: 100_000, offset: 4 });

  const text = (value: string): object => ({ content: [{ text: value }] });
  expect(newest).toMatchObject({
    messages: ["run-3", "echo: run-3", "run-4", "echo: run-4"].map(text),
    hasMore: true,
    totalMessages: 10,
  });
  expect(oldest).toMatchObject({
    messages: [{ __openclaw: { seq: 1 } }, {}, {}, {}, {}, { __openclaw: { seq: 6 } }],
  });
  expect(oldest["hasMore"]).toBe(false);
});

test("texts longer than asked for are cut and say so", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "a long message", "run-1");
  await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey: "main", maxChars: 6 });

  expect(history).toMatchObject({
    messages: [
      { content: [{ text: "a long…" }], __openclaw: { truncated: true } },
      { content: [{ text: "echo: …" }] },
    ],
  });
});

test("more than an answer may hold is left for the next page", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("x".repeat(7 * 1024 * 1024));
  run.finish();
  await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey: "main" });

  expect(history).toMatchObject({ messages: [{ role: "assistant" }], hasMore: true, totalMessages: 2 });
});

test("a session that does not exist has no messages, and asking does not create it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const history = await client.request("chat.history", { sessionKey: "agent:main:nowhere" });
  const list = await client.request("sessions.list");

  expect(history).toMatchObject({
    sessionKey: "agent:main:nowhere",
    messages: [],
    sessionInfo: { hasActiveRun: false },
  });
  expect(list).toMatchObject({ count: 0, sessions: [] });
});

test("sessions are listed, the last used one first", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  for (const name of ["one", "two", "one"]) {
    const runId = `run-${name}-${client.chats.length}`;
    await client.send(`agent:main:${name}`, "hello", runId);
    await client.terminal(runId);
  }
  const list = await client.request("sessions.list");

  expect(list).toMatchObject({
    count: 2,
    defaults: { modelProvider: "session-lock", model: "echo" },
    sessions: [
      { key: "agent:main:one", kind: "direct", hasActiveRun: false },
      { key: "agent:main:two", kind: "direct", hasActiveRun: false },
    ],
  });
});

test("all hundred messages that wait are in the history, the last twenty with a cursor", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "go", "run-0");
  await runner.started("run-0");
  const runs = Array.from({ length: 100 }, (_item, index) => `run-${index + 1}`);
  for (const runId of runs) await client.send("main", "x".repeat(30_000), runId);

  const history = await client.request("chat.history", { sessionKey: "main" });
  const cursor = history["deltaCursor"];
  const delta = await client.request("chat.history", { sessionKey: "main", cursor });

  const message = { content: [{ text: `${"x".repeat(20_971)}…` }], __openclaw: { truncated: true } };
  expect(history).toMatchObject({
    pendingInputs: { items: runs.map((runId) => ({ runId, message })), total: 100 },
  });
  expect(JSON.stringify(history).length).toBeLessThan(6 * 1024 * 1024);
  const last = runs.slice(-20).map((runId) => ({ runId }));
  const nextBefore: unknown = expect.any(Number);
  expect(delta).toMatchObject({ kind: "delta", pendingInputs: { items: last, total: 100, nextBefore } });
  await client.request("chat.abort", { sessionKey: "main" });
});

test("at every moment each acknowledged message is in the history, as waiting or as stored", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const acknowledged: string[] = [];
  const missing: string[] = [];
  const runs = Array.from({ length: 20 }, (_item, index) => `run-${index}`);
  const sending = Promise.all(
    runs.map(async (runId) => {
      await client.send("main", runId, runId);
      acknowledged.push(runId);
    }),
  );
  let looks = 0;
  const looking = (async () => {
    while (client.chats.filter((event) => event.state === "final").length < runs.length) {
      const expected = [...acknowledged];
      const history = JSON.stringify(await client.request("chat.history", { sessionKey: "main" }));
      missing.push(...expected.filter((runId) => !history.includes(`"text":"${runId}"`)));
      looks += 1;
    }
  })();
  await Promise.all([sending, looking]);

  expect(missing).toEqual([]);
  expect(looks).toBeGreaterThan(0);
});
