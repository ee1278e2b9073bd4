import { validate } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

test("a stopped run keeps what it has said, once, also when two stop it at the same time", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using one = await TestClient.connect(gateway.url);
  await using two = await TestClient.connect(gateway.url);

  await one.send("main", "go", "run-1");
  (await runner.started("run-1")).say("half of it");
  await one.chat((event) => event.state === "delta");
  const answers = await Promise.all([
    one.request("chat.abort", { sessionKey: "main", runId: "run-1" }),
    two.request("chat.abort", { sessionKey: "main" }),
  ]);
  const aborted = await one.terminal("run-1");
  const late = await one.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  await two.terminal("run-1");

  expect(answers).toContainEqual({ ok: true, aborted: true, runIds: ["run-1"] });
  expect(late).toEqual({ ok: true, aborted: false, runIds: [] });
  expect(aborted).toMatchObject({
    state: "aborted",
    stopReason: "rpc",
    message: {
      content: [{ text: "half of it" }],
      idempotencyKey: "run-1:assistant",
      openclawAbort: { aborted: true, origin: "rpc", runId: "run-1" },
    },
  });
  expect(one.chatsOf("run-1").filter((event) => event.state !== "delta")).toHaveLength(1);
  const file = await sessionFileOf(dir.path, MAIN);
  expect(await conversation(file)).toEqual(["user: go", "assistant: half of it"]);
  expect(forkPoints(await readEntries(file))).toEqual([]);
});

test("a stop does not wait for a runner that does not listen", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  await runner.started("run-1");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-1" });

  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted" });
});

test("the next message is answered after a stop, and knows what was said", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  (await runner.started("run-1")).say("half");
  await client.chat((event) => event.state === "delta");
  await client.request("chat.abort", { sessionKey: "main" });
  await client.send("main", "go on", "run-2");
  const next = await runner.started("run-2");
  next.finish();

  expect((await client.terminal("run-2")).state).toBe("final");
  expect(next.request.messages).toMatchObject([
    { role: "user" },
    { role: "assistant", content: [{ text: "half" }] },
    { role: "user", content: [{ text: "go on" }] },
  ]);
});

test("stopping a session ends the run that waits as well, each under its own id", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  await runner.started("run-1");
  const answer = await client.request("chat.abort", { sessionKey: "main" });

  expect(answer["runIds"]).toEqual(expect.arrayContaining(["run-1", "run-2"]));
  expect((await client.terminal("run-1")).state).toBe("aborted");
  expect((await client.terminal("run-2")).state).toBe("aborted");
  expect(await client.send("main", "second", "run-2")).toEqual({ runId: "run-2", status: "ok" });
});

test("stopping a run that waits leaves the active one alone", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  const first = await runner.started("run-1");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-2" });
  await client.terminal("run-2");
  first.say("done");
  first.finish();

  expect(await client.terminal("run-1")).toMatchObject({ state: "final" });
});

test("a message that is stopped while it waits stays in the history, with that it was stopped", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  const first = await runner.started("run-1");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-2" });
  const stopped = await client.terminal("run-2");
  const during = await client.request("chat.history", { sessionKey: "main" });
  first.say("done");
  first.finish();
  await client.terminal("run-1");
  await client.send("main", "third", "run-3");
  const third = await runner.started("run-3");
  third.finish();
  await client.terminal("run-3");

  const note = {
    role: "assistant",
    content: [{ text: "This message was stopped before it was answered." }],
    openclawAbort: { aborted: true, origin: "rpc", runId: "run-2" },
  };
  expect(stopped).toMatchObject({ state: "aborted", stopReason: "rpc", message: note });
  expect(during).toMatchObject({
    messages: [{ content: [{ text: "first" }] }, { content: [{ text: "second" }] }, note],
    pendingInputs: { items: [], total: 0 },
  });
  expect(third.request.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(third.request.messages.at(-1)).toMatchObject({ content: [{ text: "third" }] });
  const report = await validate(await sessionFileOf(dir.path, MAIN));
  expect(report.findings.filter(({ severity }) => severity === "E")).toEqual([]);
});

test("a run that takes longer than its send allows is stopped and says so", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.request("chat.send", {
    sessionKey: "main",
    message: "go",
    idempotencyKey: "run-1",
    timeoutMs: 50,
  });

  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted", stopReason: "timeout" });
});

test("a stop that is sent again under its key gets its answer again and stops nothing", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using one = await TestClient.connect(gateway.url);
  await using two = await TestClient.connect(gateway.url);

  const idle = await one.send("main", "/stop", "stop-0");
  await one.send("main", "go", "run-1");
  await runner.started("run-1");
  const stops = [one, two].map((client) => client.send("main", "/stop", "stop-1"));
  const answers = await Promise.all(stops);
  await one.terminal("run-1");
  await one.send("main", "go on", "run-2");
  const next = await runner.started("run-2");
  const repeats = [await one.send("main", "/stop", "stop-0"), await two.send("main", "/stop", "stop-1")];
  const asMessage = await one.send("main", "a message", "stop-1");
  const asStop = await one.send("main", "/stop", "run-2");
  next.finish();

  const stopped = { ok: true, aborted: true, runIds: ["run-1"] };
  expect(idle).toEqual({ ok: true, aborted: false, runIds: [] });
  expect(answers).toEqual([stopped, stopped]);
  expect(repeats).toEqual([idle, stopped]);
  expect(asMessage).toEqual(stopped);
  expect(asStop).toEqual({ runId: "run-2", status: "in_flight" });
  expect(await one.terminal("run-2")).toMatchObject({ state: "final" });
});

test("a message that was given to the active run ends that run when its own time is up", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  const steered = { sessionKey: "main", message: "and this", idempotencyKey: "run-2", queueMode: "steer" };

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  await client.request("chat.send", { ...steered, timeoutMs: 50 });
  const taken = await run.request.takeSteering();
  run.say("so far");
  const ends = await Promise.all([client.terminal("run-1"), client.terminal("run-2")]);

  expect(taken).toMatchObject([{ content: [{ text: "and this" }] }]);
  expect(ends).toMatchObject(ends.map(() => ({ state: "aborted", stopReason: "timeout" })));
});

test("a message that shares a turn from its beginning ends that turn when its own time is up", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  const collected = { sessionKey: "main", message: "more", queueMode: "collect" };

  await client.send("main", "go", "run-1");
  const first = await runner.started("run-1");
  await client.request("chat.send", { ...collected, idempotencyKey: "run-2" });
  await client.request("chat.send", { ...collected, idempotencyKey: "run-3", timeoutMs: 50 });
  first.finish();
  const ends = await Promise.all([client.terminal("run-2"), client.terminal("run-3")]);

  expect(ends).toMatchObject(ends.map(() => ({ state: "aborted", stopReason: "timeout" })));
  await client.send("main", "next", "run-4");
  (await runner.started("run-4")).finish();
  expect(await client.terminal("run-4")).toMatchObject({ state: "final" });
});

test("a run is not stopped under another session's key", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("agent:main:one", "go", "run-1");
  const run = await runner.started("run-1");
  const stop = client.request("chat.abort", { sessionKey: "agent:main:two", runId: "run-1" });

  await expect(stop).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  run.finish();
  expect((await client.terminal("run-1")).state).toBe("final");
});

test("stopping what is not there is no error", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const answer = await client.request("chat.abort", { sessionKey: "main", runId: "unknown" });

  expect(answer).toEqual({ ok: true, aborted: false, runIds: [] });
});
