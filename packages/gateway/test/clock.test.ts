import { expect, test, vi } from "vitest";
import { Line, TestClient, connectParams } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("after the clock was set back every client is still let in, and no time is told that is less than none", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const line = await Line.open(gateway.url);
  await line.request("connect", connectParams());
  const params = { sessionKey: "main", message: "hello", idempotencyKey: "run-1" };
  line.raw(JSON.stringify({ type: "req", id: "turn", method: "agent", params }));
  const run = await runner.started("run-1");

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  run.finish();
  const [, ended] = await line.answersTo("turn", 2);
  await using late = await TestClient.connect(gateway.url);
  const status = await late.request("status").finally(() => vi.useRealTimers());
  await line.close();

  expect(ended).toMatchObject({
    payload: { status: "ok", result: { meta: { durationMs: expect.any(Number) as number } } },
  });
  expect(status["uptimeMs"]).toBeGreaterThanOrEqual(0);
  expect(late.hello.snapshot.uptimeMs).toBeGreaterThanOrEqual(0);
});
