import { expect, test } from "vitest";
import { connectParams, Line, TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

async function connectLine(url: string, scopes?: readonly string[]): Promise<Line> {
  const line = await Line.open(url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams(scopes === undefined ? {} : { scopes }));
  return line;
}

function call(line: Line, id: string, method: string, params: object): void {
  line.raw(JSON.stringify({ type: "req", id, method, params }));
}

test("more than ten calls in a row without the scope for them close the connection with 1008", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectLine(gateway.url, ["operator.read"]);

  const inject = { sessionKey: "main", message: "a note" };
  for (let count = 0; count < 11; count += 1) call(line, `call-${count}`, "chat.inject", inject);
  const closed = await line.closed;

  expect(closed).toEqual({ code: 1008, reason: "repeated unauthorized calls" });
  const forbidden = line.answers.filter(({ error }) => error?.code === "FORBIDDEN");
  expect(forbidden.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_call, at) => `call-${at}`));
});

test("a call that is allowed forgives the forbidden ones before it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url, { scopes: ["operator.read"] });
  const forbidden = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 1)
      await expect(client.request("sessions.reset", { key: "main" })).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
  };

  await forbidden(10);
  await client.request("health");
  await forbidden(10);

  expect(await client.request("status")).toMatchObject({ connections: 1 });
});

test("one connection may have a thousand calls pending, and the next one is refused by name of the limit", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using other = await TestClient.connect(gateway.url);
  const line = await connectLine(gateway.url);

  const wait = { runId: "run-1", timeoutMs: 86_400_000 };
  for (let count = 0; count <= 1_000; count += 1) call(line, `wait-${count}`, "agent.wait", wait);
  const refused = await line.answer("wait-1000");
  await other.send("main", "hello", "run-1");
  const freed = await line.answer("wait-999");
  await line.request("health", {});
  await line.close();

  expect(refused.error).toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    details: { code: "TOO_MANY_PENDING_CALLS", limit: 1_000 },
  });
  expect(freed.payload).toMatchObject({ runId: "run-1", status: "ok" });
});

test("more than 256 connections that have not connected yet are not admitted, whatever their address", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const addresses = Array.from({ length: 8 }, (_address, index) => `127.0.0.${index + 2}`);
  const open = (localAddress: string): Promise<Line> => Line.open(gateway.url, { localAddress });

  const lines = await Promise.all(addresses.flatMap((at) => Array.from({ length: 32 }, () => open(at))));
  await expect(open("127.0.0.10")).rejects.toThrow("refused: 429");
  await lines[0]?.request("connect", connectParams());
  const admitted = await open("127.0.0.10");
  await Promise.all([...lines, admitted].map((line) => line.close()));
});
