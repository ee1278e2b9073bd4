import { readdir } from "node:fs/promises";
import { ProtocolSchemas } from "@openclaw/gateway-protocol/schema";
import { expect, test } from "vitest";
import { Line, TestClient, connectParams } from "./client.ts";
import { publishedChecker } from "./published-schemas.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

/** A connection that shows each answer, also two under one id. */
async function connectLine(url: string): Promise<Line> {
  const line = await Line.open(url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());
  return line;
}

test("agent answers twice under one id: when the message is on disk, and with the outcome", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectLine(gateway.url);

  const params = { message: "hello", idempotencyKey: "run-1" };
  line.raw(JSON.stringify({ type: "req", id: "a", method: "agent", params }));
  const [accepted, outcome] = await line.answersTo("a", 2);
  line.raw(JSON.stringify({ type: "req", id: "b", method: "agent", params }));
  const [, again] = await line.answersTo("b", 2);
  await line.close();

  expect(accepted?.payload).toMatchObject({ runId: "run-1", status: "accepted" });
  expect(outcome?.payload).toMatchObject({
    runId: "run-1",
    status: "ok",
    result: {
      payloads: [{ text: "echo: hello", mediaUrl: null }],
      meta: { agentMeta: { provider: "session-lock", model: "echo" } },
    },
  });
  expect(again?.payload).toMatchObject({
    runId: "run-1",
    status: "ok",
    result: { payloads: [{ text: "echo: hello" }] },
  });
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: hello",
    "assistant: echo: hello",
  ]);
});

test("agent asked again after a restart tells the outcome that is on disk", async () => {
  await using dir = await temporaryStateDir();
  const first = await startTestGateway(dir.path);
  await using before = await TestClient.connect(first.url);
  await before.send("main", "hello", "run-1");
  await before.terminal("run-1");
  await first.close();
  await using second = await startTestGateway(dir.path);
  const line = await connectLine(second.url);

  const params = { message: "hello", idempotencyKey: "run-1" };
  line.raw(JSON.stringify({ type: "req", id: "a", method: "agent", params }));
  const [, outcome] = await line.answersTo("a", 2);
  await line.close();

  expect(outcome?.payload).toMatchObject({ status: "ok", result: { payloads: [{ text: "echo: hello" }] } });
});

test("agent finds a session by its id alone, and refuses an id that no session has", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("agent:main:desk", "first", "run-1");
  await client.terminal("run-1");
  const { sessionId } = await client.request("chat.history", { sessionKey: "desk" });

  await client.request("agent", { message: "second", idempotencyKey: "run-2", sessionId });
  await client.terminal("run-2");

  expect(await conversation(await sessionFileOf(dir.path, "agent:main:desk"))).toEqual([
    "user: first",
    "assistant: echo: first",
    "user: second",
    "assistant: echo: second",
  ]);
  const unknown = { message: "third", idempotencyKey: "run-3", sessionId: "nobody" };
  await expect(client.request("agent", unknown)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    message: "no session has that sessionId",
  });
});

test("agent.wait answers when the run ends, whether it waited before or came later, and gives up in time", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  const early = client.request("agent.wait", { runId: "run-1" });
  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  const impatient = await client.request("agent.wait", { runId: "run-1", timeoutMs: 1 });
  run.fail(new Error("out of paper"));

  expect(impatient).toEqual({ runId: "run-1", status: "timeout" });
  expect(await early).toMatchObject({ runId: "run-1", status: "error", error: "out of paper" });
  expect(await client.request("agent.wait", { runId: "run-1" })).toMatchObject({ status: "error" });
});

test("a session is described and previewed, a missing one is said to be missing", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");
  await client.request("sessions.patch", { key: "main", thinkingLevel: "high", model: "big", label: "desk" });

  expect(await client.request("sessions.describe", { key: "main" })).toMatchObject({
    session: { key: MAIN, label: "desk", thinkingLevel: "high", model: "big", queueMode: "followup" },
  });
  expect(await client.request("sessions.describe", { key: "nowhere" })).toEqual({ session: null });
  expect(await client.request("sessions.preview", { keys: ["main", "nowhere"] })).toMatchObject({
    previews: [
      {
        key: "main",
        status: "ok",
        items: [
          { role: "user", text: "hello" },
          { role: "assistant", text: "echo: hello" },
        ],
      },
      { key: "nowhere", status: "missing", items: [] },
    ],
  });
});

test("the thinking level and the model of a session reach the runner, and a send may ask for another level", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", thinkingLevel: "high", model: "big" });

  await client.send("main", "one", "run-1");
  const one = await runner.started("run-1");
  one.finish();
  await client.request("chat.send", {
    sessionKey: "main",
    message: "two",
    idempotencyKey: "run-2",
    thinking: "low",
  });
  const two = await runner.started("run-2");
  two.finish();
  await client.terminal("run-2");

  expect(one.request).toMatchObject({ thinking: "high", model: "big" });
  expect(two.request).toMatchObject({ thinking: "low", model: "big" });
});

test("a reset session is empty under the same key, its run is stopped, and the old transcript stays", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", label: "desk" });
  await client.send("main", "one", "run-1");
  (await runner.started("run-1")).say("half");
  await client.chat((event) => event.state === "delta");
  await client.send("main", "two", "run-2");
  const oldFile = await sessionFileOf(dir.path, MAIN);

  await client.request("sessions.reset", { key: "main" });
  const history = await client.request("chat.history", { sessionKey: "main" });
  await client.send("main", "fresh", "run-3");
  const fresh = await runner.started("run-3");
  fresh.finish();

  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted" });
  expect(await client.terminal("run-2")).toMatchObject({ state: "aborted" });
  expect(await client.terminal("run-3")).toMatchObject({ state: "final" });
  expect(history).toMatchObject({ messages: [], pendingInputs: { total: 0 } });
  expect(fresh.request.messages).toMatchObject([{ role: "user", content: [{ text: "fresh" }] }]);
  expect(await conversation(oldFile)).toEqual([
    "user: one",
    "assistant: half",
    "user: two",
    "assistant: This message was stopped before it was answered.",
  ]);
  expect(await client.request("sessions.describe", { key: "main" })).toMatchObject({
    session: { label: "desk" },
  });
});

test("a deleted session is gone from the list, its transcript is not, and the main one cannot be deleted", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("agent:main:desk", "hello", "run-1");
  await client.terminal("run-1");

  expect(await client.request("sessions.delete", { key: "desk" })).toMatchObject({ ok: true, deleted: true });
  expect(await client.request("sessions.delete", { key: "desk" })).toMatchObject({
    ok: true,
    deleted: false,
  });
  expect(await client.request("sessions.list")).toMatchObject({ sessions: [] });
  const files = await readdir(storePathOf(dir.path));
  expect(files.filter((name) => name.endsWith(".jsonl"))).toHaveLength(1);
  await expect(client.request("sessions.delete", { key: "main" })).rejects.toMatchObject({
    code: "INVALID_REQUEST",
  });
});

test("who follows a session's messages gets each stored one with its place, and none after leaving", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using follower = await TestClient.connect(gateway.url);
  await using other = await TestClient.connect(gateway.url);

  await follower.request("sessions.messages.subscribe", { key: "main" });
  await other.send("main", "hello", "run-1");
  await follower.event("session.message", (payload) => JSON.stringify(payload).includes("echo: hello"));
  await follower.request("sessions.messages.unsubscribe", { key: "main" });
  await other.send("main", "again", "run-2");
  await follower.terminal("run-2");
  await follower.request("status");

  const messages = follower.frames.filter((frame) => frame.event === "session.message");
  expect(messages.map((frame) => frame.payload)).toMatchObject([
    { sessionKey: MAIN, messageSeq: 1, message: { role: "user" } },
    { sessionKey: MAIN, messageSeq: 2, message: { role: "assistant" } },
  ]);
  expect(other.frames.filter((frame) => frame.event === "session.message")).toEqual([]);
});

test("a cut message is there in full when it is asked for by its id", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "a long message", "run-1");
  await client.terminal("run-1");
  const { messageId } = await client.request("chat.inject", { sessionKey: "main", message: "a long note" });

  const whole = await client.request("chat.message.get", { sessionKey: "main", messageId });
  const missing = await client.request("chat.message.get", { sessionKey: "main", messageId: "nothing" });

  expect(whole).toMatchObject({
    ok: true,
    message: { content: [{ text: "a long note" }], __openclaw: { seq: 3 } },
  });
  expect(missing).toEqual({ ok: false, unavailableReason: "not_found" });
});

test("/stop stops the session and is no message; a sentence with the word in it is one", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", `slow: ${"word ".repeat(500)}`, "run-1");
  await client.chat((event) => event.state === "delta");
  await client.send("main", "waits", "run-2");
  const stopped = await client.send("main", " /STOP ", "run-3");
  await client.terminal("run-1");
  await client.send("main", "please wait, do not /stop", "run-4");

  expect(stopped).toMatchObject({
    ok: true,
    aborted: true,
    runIds: expect.arrayContaining(["run-1", "run-2"]) as object,
  });
  expect(client.chatsOf("run-1").at(-1)).toMatchObject({ state: "aborted", stopReason: "stop" });
  expect(await client.terminal("run-4")).toMatchObject({ state: "final" });
  expect(client.chatsOf("run-3")).toEqual([]);
});

test("what stock clients ask for when they start is answered, in the published shapes where there are any", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const line = await connectLine(gateway.url);
  const checker = await publishedChecker();
  const schemas = {
    "agent.identity.get": "AgentIdentityResult",
    "agents.list": "AgentsListResult",
    "commands.list": "CommandsListResult",
    "models.list": "ModelsListResult",
    "question.list": "QuestionListResult",
    "sessions.branches.list": "SessionsBranchesListResult",
    "taskSuggestions.list": "TaskSuggestionsListResult",
    "tasks.list": "TasksListResult",
    "tools.catalog": "ToolsCatalogResult",
  } as const;
  const faults = await Promise.all(
    Object.entries(schemas).map(async ([method, schema]) => {
      const answer = await client.request(method, {});
      return [...checker.Errors(ProtocolSchemas[schema], answer)].map((fault) => ({ method, fault }));
    }),
  );
  const startup = await client.request("chat.startup", { sessionKey: "main" });
  line.raw(JSON.stringify({ type: "req", id: "presence", method: "system-presence" }));
  const presence = await line.answer("presence");
  await line.close();

  expect(faults.flat()).toEqual([]);
  expect(startup).toMatchObject({
    messages: [],
    agentsList: { defaultId: "main" },
    metadata: { models: [{ id: "echo" }], commands: [{ name: "stop" }] },
  });
  expect(presence.payload).toMatchObject([{ mode: "test" }, { mode: "test" }]);
});
