import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("the model and the thinking level of a session survive notes, stops, other settings, a reset and a restart", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const asked: (readonly [string | undefined, string | undefined])[] = [];
  const turn = async (client: TestClient, runId: string): Promise<void> => {
    await client.send("main", "go", runId);
    const run = await runner.started(runId);
    asked.push([run.request.model, run.request.thinking]);
    run.say("done");
    run.finish();
    await client.terminal(runId);
  };
  const first = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(first.url);
  await client.request("sessions.patch", { key: "main", model: "large", thinkingLevel: "high" });

  await turn(client, "run-1");
  await client.request("chat.inject", { sessionKey: "main", message: "a note" });
  await turn(client, "run-2");
  await client.send("main", "stop me", "run-3");
  await runner.started("run-3");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-3" });
  await client.terminal("run-3");
  await turn(client, "run-4");
  await client.request("sessions.patch", { key: "main", label: "desk", queueMode: "collect" });
  await turn(client, "run-5");
  await client.request("sessions.reset", { key: "main" });
  await turn(client, "run-6");
  await first.close();
  await using second = await startTestGateway(dir.path, { runner });
  await using after = await TestClient.connect(second.url);
  await turn(after, "run-7");

  expect(asked).toEqual(Array.from({ length: 6 }, () => ["large", "high"]));
});
