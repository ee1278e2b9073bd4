import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

/** Far more than one read of a file takes. */
const FILLER = "x".repeat(200_000);
/** Minutes of talk, for a run that the test stops: however slow the machine, it is active until then. */
const LONG = `slow: ${"on and on ".repeat(200)}`;
/** The end of a hang, not a measure, in ms. */
const PATIENCE_MS = 150_000;

test("agent.wait tells how a run ended before a restart, at once", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const first = await startTestGateway(dir.path, { runner });
  await using before = await TestClient.connect(first.url);
  const runs = ["done", "failed", "stopped"];
  for (const runId of runs) await before.send(runId, `${FILLER} ${FILLER} "quoted:`, runId);
  const conductors = await Promise.all(runs.map((runId) => runner.started(runId)));
  conductors[0]?.say("whole");
  conductors[0]?.finish();
  conductors[1]?.fail(new Error("out of paper"));
  await before.request("chat.abort", { sessionKey: "stopped" });
  const ends = await Promise.all(runs.map((runId) => before.terminal(runId)));
  await first.close();

  await using second = await startTestGateway(dir.path);
  await using client = await TestClient.connect(second.url);
  const wait = (runId: string) => client.request("agent.wait", { runId, timeoutMs: 0 });

  expect(await wait("done")).toEqual({
    runId: "done",
    status: "ok",
    endedAt: (ends[0]?.message as { timestamp: number }).timestamp,
  });
  expect(await wait("failed")).toMatchObject({ status: "error", error: "out of paper" });
  expect(await wait("stopped")).toMatchObject({ status: "error", error: "stopped: rpc" });
  expect(await wait("quoted")).toEqual({ runId: "quoted", status: "timeout" });
});

test("agent.wait tells the end of a run that another gateway on the state folder runs", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await second.send("main", "open here too", "run-0");
  await second.terminal("run-0");

  const early = second.request("agent.wait", { runId: "run-2", timeoutMs: PATIENCE_MS });
  await first.send("main", "slow: one two", "run-1");
  const running = second.request("agent.wait", { runId: "run-1", timeoutMs: PATIENCE_MS });
  await first.terminal("run-1");
  const ended = await second.request("agent.wait", { runId: "run-1", timeoutMs: 0 });
  await first.send("elsewhere", "quick", "run-2");

  expect(await running).toMatchObject({ runId: "run-1", status: "ok" });
  expect(ended).toMatchObject({ runId: "run-1", status: "ok" });
  expect(await early).toMatchObject({ runId: "run-2", status: "ok" });
});

test("agent.wait tells the end of a run whose session was reset or deleted through another gateway, before or while it waits", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using waiter = await TestClient.connect(two.url);
  const end = { reset: "sessions.reset", deletion: "sessions.delete" } as const;
  const wait = (runId: string): Promise<object> =>
    waiter.request("agent.wait", { runId, timeoutMs: PATIENCE_MS });
  for (const key of ["reset", "deletion"] as const) await first.send(key, LONG, key);

  const waiting = [wait("reset"), wait("deletion")];
  await first.request(end.reset, { key: "reset" });
  await first.request(end.deletion, { key: "deletion" });
  const told = await Promise.all(waiting);
  await first.send("reset", LONG, "deletion");
  const late = await waiter.request("agent.wait", { runId: "reset", timeoutMs: 0 });
  const again = await waiter.request("agent.wait", { runId: "deletion", timeoutMs: 0 });

  expect(told).toMatchObject([{ error: "stopped: rpc" }, { error: "stopped: rpc" }]);
  expect(late).toMatchObject({ status: "error", error: "stopped: rpc" });
  expect(again).toEqual({ runId: "deletion", status: "timeout" }); // the one that began last goes on
});
