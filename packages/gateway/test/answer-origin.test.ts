import { expect, test } from "vitest";
import { Line, TestClient, connectParams } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const COUNT = { type: "usage", input: 11, output: 7, cacheRead: 5, cacheWrite: 3 } as const;

/** Names itself after the model it is asked for, and answers each run with a count. */
function countingRunner(): ScriptedRunner {
  const identify = (model: string) => ({ api: "scripted", provider: "other", model });
  return Object.assign(new ScriptedRunner(), { identify });
}

async function answer(runner: ScriptedRunner, runId: string): Promise<void> {
  const run = await runner.started(runId);
  run.say("done");
  run.tell(COUNT);
  run.finish();
}

test("agent tells the provider, the model and the usage that are stored with the answer", async () => {
  await using dir = await temporaryStateDir();
  const runner = countingRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", model: "large" });
  const line = await Line.open(gateway.url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());

  const ask = (id: string): void => {
    const params = { message: "hello", idempotencyKey: "run-1" };
    line.raw(JSON.stringify({ type: "req", id, method: "agent", params }));
  };
  ask("first");
  await answer(runner, "run-1");
  const [, first] = await line.answersTo("first", 2);
  await client.request("sessions.patch", { key: "main", model: "small" });
  ask("again");
  const [, again] = await line.answersTo("again", 2);
  await line.close();

  const agentMeta = {
    provider: "other",
    model: "large",
    usage: { input: 11, output: 7, cacheRead: 5, cacheWrite: 3, totalTokens: 26 },
  };
  expect(first?.payload).toMatchObject({ result: { meta: { agentMeta } } });
  expect(again?.payload).toMatchObject({ result: { meta: { agentMeta } } });
});

test("a stopped run is told under the model that its session is set to", async () => {
  await using dir = await temporaryStateDir();
  const runner = countingRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", model: "large" });
  const line = await Line.open(gateway.url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());

  const params = { message: "hello", idempotencyKey: "run-1" };
  line.raw(JSON.stringify({ type: "req", id: "a", method: "agent", params }));
  (await runner.started("run-1")).say("half");
  await client.chat((event) => event.state === "delta");
  await client.request("chat.abort", { sessionKey: "main" });
  const [, stopped] = await line.answersTo("a", 2);
  await line.close();

  expect(stopped?.payload).toMatchObject({
    summary: "stopped: rpc",
    result: { payloads: [{ text: "half" }], meta: { agentMeta: { provider: "other", model: "large" } } },
  });
});

test("a completion has the usage and the model of its answer, whole and streamed", async () => {
  await using dir = await temporaryStateDir();
  const runner = countingRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", model: "large" });
  const ask = (runId: string, options: object): Promise<Response> =>
    fetch(`${gateway.url}v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-session-key": "main", "idempotency-key": runId },
      body: JSON.stringify({ messages: [{ role: "user", content: "hello" }], ...options }),
    });

  const [whole] = await Promise.all([ask("run-1", {}), answer(runner, "run-1")]);
  const streaming = ask("run-2", { stream: true, stream_options: { include_usage: true } });
  await answer(runner, "run-2");
  const streamed = await (await streaming).text();

  const usage = { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26 };
  expect(await whole.json()).toMatchObject({ model: "large", usage });
  const chunks = streamed.split("\n\n").filter((chunk) => chunk.startsWith("data: {"));
  expect(JSON.parse(chunks.at(-1)?.slice("data: ".length) ?? "")).toMatchObject({ model: "large", usage });
});
