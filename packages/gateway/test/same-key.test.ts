import { expect, test } from "vitest";
import { Line, TestClient, connectParams } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

/** Half a minute of talk, for a run that the test stops. */
const LONG = `slow: ${"on and on ".repeat(200)}`;

async function replay(client: TestClient, sessionKey: string, runId: string): Promise<unknown> {
  return (await client.request("chat.replay", { sessionKey, runId, afterSeq: -1 }))["events"];
}

async function callAgent(url: string, params: object): Promise<unknown> {
  const line = await Line.open(url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());
  line.raw(JSON.stringify({ type: "req", id: "a", method: "agent", params }));
  const [, outcome] = await line.answersTo("a", 2);
  await line.close();
  return outcome?.payload;
}

async function complete(url: string, sessionKey: string, message: string): Promise<unknown> {
  const answer = await fetch(`${url}v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-session-key": sessionKey, "idempotency-key": "key" },
    body: JSON.stringify({ messages: [{ role: "user", content: message }] }),
  });
  return answer.json();
}

test("the same key in two sessions is two runs, and each session's answer is replayed to it alone", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const endOf = (sessionKey: string) =>
    client.chat((event) => event.sessionKey === `agent:main:${sessionKey}` && event.state === "final");

  const acks = [await client.send("a", "secret of a", "key")];
  await endOf("a");
  acks.push(await client.send("b", "words of b", "key"));
  await endOf("b");

  expect(acks).toEqual([
    { runId: "key", status: "started" },
    { runId: "key", status: "started" },
  ]);
  expect(await replay(client, "a", "key")).toMatchObject([
    { sessionKey: "agent:main:a", state: "final", message: { content: [{ text: "echo: secret of a" }] } },
  ]);
  expect(await replay(client, "b", "key")).toMatchObject([
    { sessionKey: "agent:main:b", state: "final", message: { content: [{ text: "echo: words of b" }] } },
  ]);
  expect(await replay(client, "c", "key")).toEqual([]);
});

test("agent and a completion get the answer of their own session under a key that another session has used", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("a", "secret of a", "key");
  await client.terminal("key");

  const params = { sessionKey: "b", message: "words of b", idempotencyKey: "key" };
  const called = await callAgent(gateway.url, params);
  const calledAgain = await callAgent(gateway.url, params);
  const completed = await complete(gateway.url, "c", "words of c");

  const answer = { runId: "key", status: "ok", result: { payloads: [{ text: "echo: words of b" }] } };
  expect([called, calledAgain]).toMatchObject([answer, answer]);
  expect(completed).toMatchObject({ choices: [{ message: { content: "echo: words of c" } }] });
});

test("the same key after a reset is a new run with its own answer", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await complete(gateway.url, "main", "old words");

  await client.request("sessions.reset", { key: "main" });
  const before = await replay(client, "main", "key");
  const completed = await complete(gateway.url, "main", "new words");

  expect(before).toEqual([]);
  expect(completed).toMatchObject({ choices: [{ message: { content: "echo: new words" } }] });
  expect(await replay(client, "main", "key")).toMatchObject([
    { state: "final", message: { content: [{ text: "echo: new words" }] } },
  ]);
});

test("what an active run has said is in the history of its session, though its key ended in another one", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const speaks = (sessionKey: string) => (event: { sessionKey: string; state: string }) =>
    event.sessionKey === `agent:main:${sessionKey}` && event.state === "delta";
  await client.send("a", "secret of a", "key");
  await client.terminal("key");
  await client.send("b", LONG, "key");
  await client.chat(speaks("b"));

  const { inFlightRun } = await client.request("chat.history", { sessionKey: "b" });
  await client.request("chat.abort", { sessionKey: "b" });

  expect(inFlightRun).toMatchObject({ runId: "key", sessionKey: "agent:main:b", state: "delta" });
});

test("agent.wait means the run that began last under its id, and waits for it though one of that id has ended", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("a", "quick", "key");
  await client.terminal("key");
  await client.send("b", LONG, "key");

  const whileItRuns = await client.request("agent.wait", { runId: "key", timeoutMs: 1 });
  const waiting = client.request("agent.wait", { runId: "key" });
  await client.request("chat.abort", { sessionKey: "b" });

  expect(whileItRuns).toEqual({ runId: "key", status: "timeout" });
  expect(await waiting).toMatchObject({ status: "error", error: "stopped: rpc" });
});
