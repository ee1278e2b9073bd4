import { expect, test } from "vitest";
import type { ChatEvent } from "../src/protocol/chat-event.ts";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

function statesOf(events: readonly ChatEvent[]): string[] {
  return [...new Set(events.map((event) => event.state))];
}

function deltaTextOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.state === "delta" ? event.deltaText : "")).join("");
}

test("a message is answered by deltas that add up to the text of its one final", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const ack = await client.send("main", "hello there", "run-1");
  const final = await client.terminal("run-1");
  await client.request("status");

  expect(ack).toEqual({ runId: "run-1", status: "started" });
  expect(final).toMatchObject({
    state: "final",
    sessionKey: MAIN,
    message: { role: "assistant", content: [{ type: "text", text: "echo: hello there" }] },
  });
  const events = client.chatsOf("run-1");
  expect(deltaTextOf(events)).toBe("echo: hello there");
  expect(events.filter((event) => event.state !== "delta")).toHaveLength(1);
  expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index));
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: hello there",
    "assistant: echo: hello there",
  ]);
});

test("each delta carries all of the text so far", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("one ");
  await client.chat((event) => event.state === "delta" && event.deltaText === "one ");
  run.say("two");
  const second = await client.chat((event) => event.state === "delta" && event.deltaText === "two");
  run.finish();
  await client.terminal("run-1");

  expect(second.message).toMatchObject({ content: [{ type: "text", text: "one two" }] });
});

test("an input is in the transcript before it is acknowledged", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  const entries = await readEntries(await sessionFileOf(dir.path, MAIN));

  const inputs = entries.filter(
    (entry) => entry.type === "custom" && entry.customType === "session-lock.input",
  );
  expect(inputs).toMatchObject([
    { data: { runId: "run-1", message: "first" } },
    { data: { runId: "run-2", message: "second" } },
  ]);
});

test("four messages sent at once are answered one after the other, each under its own run id", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const names = ["A", "B", "C", "D"];

  const acks = await Promise.all(names.map((name) => client.send("main", `slow: ${name}`, `run-${name}`)));
  await Promise.all(names.map((name) => client.terminal(`run-${name}`)));

  expect(acks).toEqual(names.map((name) => ({ runId: `run-${name}`, status: "started" })));
  const finals = client.chats.filter((event) => event.state === "final");
  expect(finals).toMatchObject(
    names.map((name) => ({ runId: `run-${name}`, message: { content: [{ text: `echo: slow: ${name}` }] } })),
  );
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual(
    names.flatMap((name) => [`user: slow: ${name}`, `assistant: echo: slow: ${name}`]),
  );
});

test("what waits is shown as pending with its run id, and what runs as active", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  await runner.started("run-1");
  const history = await client.request("chat.history", { sessionKey: "main" });

  expect(history).toMatchObject({
    messages: [{ role: "user", idempotencyKey: "run-1:user" }],
    pendingInputs: { total: 1, items: [{ runId: "run-2", state: "queued", message: { role: "user" } }] },
    sessionInfo: { hasActiveRun: true, activeRunIds: ["run-1"] },
  });
});

test("five sends with one key in parallel, over two connections, make one run", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using one = await TestClient.connect(gateway.url);
  await using two = await TestClient.connect(gateway.url);

  const acks = await Promise.all(
    [one, two, one, two, one].map((client) => client.send("main", "once", "key")),
  );
  await Promise.all([one.terminal("key"), two.terminal("key")]);
  const late = await one.send("main", "once", "key");

  expect(acks.filter((ack) => "status" in ack && ack.status === "started")).toHaveLength(1);
  expect(acks.filter((ack) => "status" in ack && ack.status === "in_flight")).toHaveLength(4);
  expect(late).toEqual({ runId: "key", status: "ok" });
  expect(one.chatsOf("key").filter((event) => event.state === "final")).toHaveLength(1);
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: once",
    "assistant: echo: once",
  ]);
});

test("a run of one session does not delay another session", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("agent:main:one", "takes long", "long");
  const long = await runner.started("long");
  await client.send("agent:main:two", "quick", "quick");
  (await runner.started("quick")).finish();
  const quick = await client.terminal("quick");
  const before = statesOf(client.chatsOf("long"));
  long.finish();

  expect(quick.state).toBe("final");
  expect(before).toEqual([]);
  expect((await client.terminal("long")).state).toBe("final");
});

test("a runner that fails ends its run with one error, which is still there after a reload", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  (await runner.started("run-1")).fail(new Error("the model is on strike"));
  const error = await client.terminal("run-1");
  await client.send("main", "again", "run-2");
  (await runner.started("run-2")).finish();
  await client.terminal("run-2");
  const history = await client.request("chat.history", { sessionKey: "main" });

  expect(error).toMatchObject({ state: "error", errorMessage: "the model is on strike" });
  expect(statesOf(client.chatsOf("run-1"))).toEqual(["error"]);
  expect(history).toMatchObject({
    messages: [
      { role: "user" },
      { role: "assistant", stopReason: "error", errorMessage: "the model is on strike" },
      { role: "user" },
    ],
  });
});

test("a runner gets the conversation, its own input last", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  const first = await runner.started("run-1");
  first.say("answer");
  first.finish();
  await client.send("main", "second", "run-2");
  const second = await runner.started("run-2");
  second.finish();
  await client.terminal("run-2");

  expect(second.request).toMatchObject({
    runId: "run-2",
    input: "second",
    messages: [
      { role: "user", content: [{ text: "first" }] },
      { role: "assistant", content: [{ text: "answer" }] },
      { role: "user", content: [{ text: "second" }] },
    ],
  });
});

test("a client that leaves does not stop its run", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const sender = await TestClient.connect(gateway.url);
  await using reader = await TestClient.connect(gateway.url);

  await sender.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  await sender.close();
  run.say("still here");
  run.finish();

  expect(await reader.terminal("run-1")).toMatchObject({
    state: "final",
    message: { content: [{ text: "still here" }] },
  });
});

test.each([
  ["an empty message", { message: "  " }, "message must not be empty"],
  ["a message with NUL", { message: "a\u0000b" }, "message must not contain NUL"],
  ["a message without a key", { idempotencyKey: undefined }, "invalid chat.send params"],
  ["an unknown field", { surprise: 1 }, "invalid chat.send params"],
  [
    "a field named like a prototype",
    JSON.parse('{"__proto__": {"x": 1}}') as object,
    "invalid chat.send params",
  ],
  ["an attachment", { attachments: [{ type: "image" }] }, "invalid chat.send params"],
  ["an unknown agent", { sessionKey: "agent:other:main" }, "unknown agent"],
  ["a key without a name", { sessionKey: "agent:main:" }, "invalid sessionKey"],
  ["a key with a line break", { sessionKey: "a\nb" }, "invalid sessionKey"],
  ["another session's id", { sessionId: "somebody-else" }, "belongs to another session"],
])("%s is refused and leaves no trace", async (_name, change, problem) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const params = Object.defineProperties(
    { sessionKey: "main", message: "hi", idempotencyKey: "k" },
    Object.getOwnPropertyDescriptors(change),
  );

  await expect(client.request("chat.send", params)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringContaining(problem) as string,
  });
  expect(await client.request("chat.history", { sessionKey: "main" })).toMatchObject({
    messages: [],
    pendingInputs: { total: 0 },
  });
});

test("text is kept as it was meant: composed, without control characters, every line of it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "e\u0301\u0007\n\ttab\u001b[31m \u{1f600}", "run-1");
  await client.terminal("run-1");

  expect(await client.request("chat.history", { sessionKey: "main" })).toMatchObject({
    messages: [{ content: [{ text: "\u00e9\n\ttab[31m \u{1f600}" }] }, {}],
  });
});
