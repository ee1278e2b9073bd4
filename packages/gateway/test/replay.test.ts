import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

async function replay(client: TestClient, runId: string, afterSeq: number): Promise<unknown> {
  return (await client.request("chat.replay", { sessionKey: "main", runId, afterSeq }))["events"];
}

test("a client that was away gets the text it has missed, and later the end, by the number it knows", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const first = await TestClient.connect(gateway.url);
  await first.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("one ");
  const known = await first.chat((event) => event.state === "delta");
  await first.close();
  run.say("two ");
  await using second = await TestClient.connect(gateway.url);
  await expect.poll(async () => JSON.stringify(await replay(second, "run-1", known.seq))).toContain("two");

  expect(await replay(second, "run-1", known.seq)).toMatchObject([
    { state: "delta", deltaText: "two ", message: { content: [{ text: "one two " }] } },
  ]);
  expect(await replay(second, "run-1", -1)).toMatchObject([
    { state: "delta", deltaText: "one two ", replace: true },
  ]);
  expect(await second.request("chat.history", { sessionKey: "main" })).toMatchObject({
    inFlightRun: { runId: "run-1", message: { content: [{ text: "one two " }] } },
  });
  run.finish();
  const final = await second.terminal("run-1");
  expect(await replay(second, "run-1", known.seq)).toEqual([final]);
  expect(await replay(second, "run-1", final.seq)).toEqual([]);
});

test("the end of a run of an earlier process is replayed from the transcript", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const first = await startTestGateway(dir.path, { runner });
  await using before = await TestClient.connect(first.url);
  await before.send("main", "done", "run-1");
  const done = await runner.started("run-1");
  done.say("whole");
  done.finish();
  await before.send("main", "stopped", "run-2");
  (await runner.started("run-2")).say("half");
  await before.chat((event) => event.runId === "run-2" && event.state === "delta");
  await before.request("chat.abort", { sessionKey: "main" });
  await before.send("main", "failed", "run-3");
  const failure = Object.assign(new Error("out of paper"), { errorKind: "rate_limit" });
  (await runner.started("run-3")).fail(failure);
  await before.terminal("run-3");
  await first.close();

  await using second = await startTestGateway(dir.path);
  await using client = await TestClient.connect(second.url);

  expect(await replay(client, "run-1", 7)).toMatchObject([
    { runId: "run-1", state: "final", message: { content: [{ text: "whole" }] } },
  ]);
  expect(await replay(client, "run-2", 7)).toMatchObject([{ state: "aborted", stopReason: "rpc" }]);
  expect(await replay(client, "run-3", 7)).toMatchObject([
    { state: "error", errorMessage: "out of paper", errorKind: "rate_limit" },
  ]);
  expect(await replay(client, "unknown", -1)).toEqual([]);
});

test("a run is not replayed under another session's key", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("agent:main:other", "hello", "run-1");
  await client.terminal("run-1");

  expect(await replay(client, "run-1", -1)).toEqual([]);
});

test("a cursor gets the messages since, and a reset when its place is gone", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "one", "run-1");
  await client.terminal("run-1");
  const { deltaCursor } = await client.request("chat.history", { sessionKey: "main" });
  await client.send("main", "two", "run-2");
  await client.terminal("run-2");

  const since = await client.request("chat.history", { sessionKey: "main", cursor: deltaCursor });
  const upToDate = await client.request("chat.history", { sessionKey: "main", cursor: since["deltaCursor"] });
  await client.request("sessions.reset", { key: "main" });
  const after = await client.request("chat.history", { sessionKey: "main", cursor: deltaCursor });

  expect(since).toMatchObject({
    kind: "delta",
    messages: [{ role: "user", content: [{ text: "two" }] }, { role: "assistant" }],
  });
  expect(since["messages"]).toHaveLength(2);
  expect(upToDate).toMatchObject({ kind: "delta", messages: [], deltaCursor: since["deltaCursor"] });
  expect(after).toMatchObject({ kind: "reset" });
});
