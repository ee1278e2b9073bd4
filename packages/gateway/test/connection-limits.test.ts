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
