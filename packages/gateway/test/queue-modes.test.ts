import { validate } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

function sendIn(client: TestClient, queueMode: string, runId: string): Promise<object> {
  const params = { sessionKey: "main", message: `say ${runId}`, idempotencyKey: runId, queueMode };
  return client.request("chat.send", params);
}

test("reject: a message that comes while a run is active is refused with the run's id, and leaves no trace", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await sendIn(client, "reject", "run-1");
  const run = await runner.started("run-1");
  const refused = sendIn(client, "reject", "run-2");
  await expect(refused).rejects.toMatchObject({
    code: "UNAVAILABLE",
    details: { code: "LANE_BUSY", activeRunId: "run-1", waiting: 0 },
    retryable: true,
  });
  expect(await sendIn(client, "reject", "run-1")).toEqual({ runId: "run-1", status: "in_flight" });
  run.finish();
  await client.terminal("run-1");
  await client.request("chat.history", { sessionKey: "main" });
  const entries = JSON.stringify(await readEntries(await sessionFileOf(dir.path, MAIN)));

  expect(entries).not.toContain("run-2");
  expect(await sendIn(client, "reject", "run-2")).toEqual({ runId: "run-2", status: "started" });
  await client.request("chat.abort", { sessionKey: "main" });
});

test("interrupt: the active run keeps what it has said, what waits is stopped, and the new message is next", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await sendIn(client, "followup", "run-1");
  (await runner.started("run-1")).say("half");
  await client.chat((event) => event.state === "delta");
  await sendIn(client, "followup", "run-2");
  await sendIn(client, "interrupt", "run-3");
  const next = await runner.started("run-3");
  next.say("whole");
  next.finish();

  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted", stopReason: "interrupt" });
  expect(await client.terminal("run-2")).toMatchObject({ state: "aborted", stopReason: "interrupt" });
  expect(await client.terminal("run-3")).toMatchObject({ state: "final" });
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: say run-1",
    "assistant: half",
    "user: say run-2",
    "assistant: This message was stopped before it was answered.",
    "user: say run-3",
    "assistant: whole",
  ]);
});

test("collect: messages that wait one after another become one turn, and each gets its own final", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await sendIn(client, "collect", "run-1");
  const first = await runner.started("run-1");
  for (const runId of ["run-2", "run-3"]) await sendIn(client, "collect", runId);
  await sendIn(client, "followup", "run-4");
  first.finish();
  const second = await runner.started("run-2");
  second.say("both");
  second.finish();
  const finals = await Promise.all([client.terminal("run-2"), client.terminal("run-3")]);
  const last = await runner.started("run-4");
  last.finish();
  await client.terminal("run-4");

  expect(second.request.input).toBe("say run-2\n\nsay run-3");
  expect(finals).toMatchObject([
    { runId: "run-2", state: "final", message: { content: [{ text: "both" }] } },
    { runId: "run-3", state: "final", message: { content: [{ text: "both" }] } },
  ]);
  const file = await sessionFileOf(dir.path, MAIN);
  expect(await conversation(file)).toEqual([
    "user: say run-1",
    "user: say run-2",
    "user: say run-3",
    "assistant: both",
    "user: say run-4",
  ]);
  expect(await sendIn(client, "collect", "run-3")).toEqual({ runId: "run-3", status: "ok" });
  const report = await validate(file);
  expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
});

test("collect: a turn takes up to twenty messages, and the next ones wait for the next turn", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await sendIn(client, "followup", "run-0");
  const first = await runner.started("run-0");
  const runs = Array.from({ length: 22 }, (_item, index) => `run-${index + 1}`);
  for (const runId of runs) await sendIn(client, "collect", runId);

  first.finish();
  const second = await runner.started("run-1");
  second.finish();
  const third = await runner.started("run-21");
  third.finish();
  await Promise.all(runs.map((runId) => client.terminal(runId)));

  expect(second.request.input.split("\n\n")).toEqual(runs.slice(0, 20).map((runId) => `say ${runId}`));
  expect(third.request.input).toBe("say run-21\n\nsay run-22");
});

test("steer: the active run is given the message after its next tool calls and answers it with its own", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url, { caps: ["tool-events"] });

  await client.send("main", "tool: slow: one two three", "run-1");
  await client.event("agent", (payload) => JSON.stringify(payload).includes('"tool"'));
  await sendIn(client, "steer", "run-2");
  const finals = await Promise.all([client.terminal("run-1"), client.terminal("run-2")]);

  const message = { content: [{ text: "echo: tool: slow: one two three + say run-2" }] };
  expect(finals).toMatchObject([
    { runId: "run-1", state: "final", message },
    { runId: "run-2", state: "final", message },
  ]);
  const file = await sessionFileOf(dir.path, MAIN);
  const spoken = await conversation(file);
  expect(spoken.filter((line) => line.startsWith("user"))).toEqual([
    "user: tool: slow: one two three",
    "user: say run-2",
  ]);
  expect(spoken.indexOf("user: say run-2")).toBeLessThan(spoken.length - 1);
  const report = await validate(file);
  expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
});

test("steer: a message for a run that uses no more tools is answered in a turn of its own", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "slow: one two", "run-1");
  await client.chat((event) => event.state === "delta");
  await sendIn(client, "steer", "run-2");

  expect(await client.terminal("run-2")).toMatchObject({
    message: { content: [{ text: "echo: say run-2" }] },
  });
});

test("stopping a run that joined another stops both, each under its own id", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await sendIn(client, "followup", "run-1");
  const first = await runner.started("run-1");
  for (const runId of ["run-2", "run-3"]) await sendIn(client, "collect", runId);
  first.finish();
  await runner.started("run-2");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-3" });

  expect(await client.terminal("run-2")).toMatchObject({ state: "aborted" });
  expect(await client.terminal("run-3")).toMatchObject({ state: "aborted" });
});

test("a session's queue mode is kept over a restart, and a send may ask for another", async () => {
  await using dir = await temporaryStateDir();
  const first = await startTestGateway(dir.path);
  await using before = await TestClient.connect(first.url);
  const patched = await before.request("sessions.patch", { key: "main", queueMode: "reject", label: "desk" });
  await first.close();

  const runner = new ScriptedRunner();
  await using second = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(second.url);
  await client.send("main", "go", "run-1");
  await runner.started("run-1");

  expect(patched).toMatchObject({ ok: true, key: MAIN, entry: { queueMode: "reject", label: "desk" } });
  await expect(client.send("main", "again", "run-2")).rejects.toMatchObject({
    details: { code: "LANE_BUSY" },
  });
  expect(await sendIn(client, "followup", "run-3")).toEqual({ runId: "run-3", status: "started" });
  await client.request("sessions.patch", { key: "main", queueMode: null });
  expect(await client.send("main", "again", "run-4")).toEqual({ runId: "run-4", status: "started" });
  await client.request("chat.abort", { sessionKey: "main" });
});

test("one hundred messages may wait, the next one is refused as worth trying again, and a known one is not", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-0");
  await runner.started("run-0");
  const runs = Array.from({ length: 100 }, (_item, index) => `run-${index + 1}`);
  await Promise.all(runs.map((runId) => client.send("main", "wait", runId)));

  await expect(client.send("main", "too much", "run-101")).rejects.toMatchObject({
    code: "UNAVAILABLE",
    details: { code: "QUEUE_FULL", limit: 100 },
    retryable: true,
  });
  expect(await client.send("main", "wait", "run-100")).toEqual({ runId: "run-100", status: "in_flight" });
  await client.request("chat.abort", { sessionKey: "main" });
  expect(await client.terminal("run-100")).toMatchObject({ state: "aborted" });
});

test("interrupt: a message is taken in also when one hundred wait, and all of them are stopped for it", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "go", "run-0");
  await runner.started("run-0");
  const runs = Array.from({ length: 100 }, (_item, index) => `run-${index + 1}`);
  await Promise.all(runs.map((runId) => client.send("main", "wait", runId)));

  const taken = await sendIn(client, "interrupt", "run-101");
  const next = await runner.started("run-101");
  next.finish();
  const ends = await Promise.all(["run-0", ...runs].map((runId) => client.terminal(runId)));

  expect(taken).toEqual({ runId: "run-101", status: "started" });
  expect(ends).toMatchObject(ends.map(() => ({ state: "aborted", stopReason: "interrupt" })));
  expect(await client.terminal("run-101")).toMatchObject({ state: "final" });
});

test("interrupt: at most one hundred messages are on their way to the disk", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-0");
  await client.terminal("run-0");

  const runs = Array.from({ length: 101 }, (_item, index) => `run-${index + 1}`);
  const file = await sessionFileOf(dir.path, MAIN);
  const sent = await withSessionWriteLock(file, async () => {
    // As long as we have the lock, none of them is written.
    const sending = runs.map((runId) => sendIn(client, "interrupt", runId));
    await expect(Promise.race(sending)).rejects.toMatchObject({ details: { code: "QUEUE_FULL" } });
    return sending;
  });
  const answers = await Promise.allSettled(sent);

  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
});

test("a queue mode that does not exist is refused", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await expect(sendIn(client, "whenever", "run-1")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(
    client.request("sessions.patch", { key: "main", queueMode: "whenever" }),
  ).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});
