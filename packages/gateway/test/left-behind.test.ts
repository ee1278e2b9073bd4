import { openTranscript } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { INPUT_ENTRY, runKeys } from "../src/session/inputs.ts";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { mainEntries, rowsOf } from "./several-gateways.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";
/** Minutes of talk, for a run that is stopped or killed by the test. */
const LONG = `slow: ${"on and on ".repeat(200)}`;
const once = { inputs: 1, users: 1, ends: 1 };

function sendIn(client: TestClient, queueMode: string, runId: string, message: string): Promise<object> {
  return client.request("chat.send", { sessionKey: "main", message, idempotencyKey: runId, queueMode });
}

test("interrupt: a message that a killed gateway left is answered by the next one, and stops what came before it", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  await using before = await TestClient.connect(killed.url);
  await before.send("main", LONG, "run-1");
  await before.chat((event) => event.state === "delta");
  await killed.kill("SIGKILL");
  // As it was accepted in the moment of the kill: in the file, and nothing was done about it yet.
  await using transcript = await openTranscript(await sessionFileOf(dir.path, MAIN));
  const input = { runId: "run-2", message: "hello", acceptedAt: Date.now(), queueMode: "interrupt" };
  await transcript.appendCustom(INPUT_ENTRY, input, { idempotencyKey: runKeys.input("run-2") });
  await transcript.close();

  await using next = await startTestGateway(dir.path);
  await using after = await TestClient.connect(next.url);
  const wait = await after.request("agent.wait", { runId: "run-2", timeoutMs: 30_000 });

  expect(wait).toMatchObject({ status: "ok" });
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    `user: ${LONG}`,
    "user: hello",
    "assistant: echo: hello",
  ]);
});

test("interrupt: a run that a killed gateway had begun stops nothing that another has taken in since", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  await using next = await startTestGateway(dir.path);
  await using first = await TestClient.connect(killed.url);
  await using second = await TestClient.connect(next.url);
  await sendIn(first, "interrupt", "run-1", "slow: one two three");
  await first.chat((event) => event.state === "delta");
  await second.send("main", "hello", "run-2");

  await killed.kill("SIGKILL");

  expect(await second.terminal("run-2")).toMatchObject({ state: "final" });
  expect(await second.terminal("run-1")).toMatchObject({ state: "final" });
  const entries = await mainEntries(dir.path);
  expect(["run-1", "run-2"].map((runId) => rowsOf(entries, runId))).toEqual([once, once]);
});

test("interrupt: a message that is sent again through another gateway stops neither itself nor what came after it", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await startTestGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await sendIn(first, "interrupt", "run-1", LONG);
  await first.chat((event) => event.state === "delta");
  await second.send("main", "hello", "run-2");

  const again = await sendIn(second, "interrupt", "run-1", LONG);

  expect(again).toEqual({ runId: "run-1", status: "in_flight" });
  const told = first.chatsOf("run-1").length;
  await expect.poll(() => first.chatsOf("run-1").length).toBeGreaterThan(told); // it goes on
  await second.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  const stopped = { state: "aborted", stopReason: "rpc" };
  expect(await first.terminal("run-1")).toMatchObject(stopped);
  expect(await second.terminal("run-1")).toMatchObject(stopped);
  expect(await second.terminal("run-2")).toMatchObject({ state: "final" });
});

test.each(["reject", "followup"])(
  "%s: a message that is sent again through another gateway, which would take in nothing new, is in flight",
  async (queueMode) => {
    await using dir = await temporaryStateDir();
    await using one = await spawnGateway(dir.path);
    await using two = await startTestGateway(dir.path);
    await using first = await TestClient.connect(one.url);
    await using second = await TestClient.connect(two.url);
    await second.request("sessions.patch", { key: "main" });
    await sendIn(first, queueMode, "run-1", LONG);
    await first.chat((event) => event.state === "delta");
    await second.request("sessions.patch", { key: "main", sendPolicy: "deny" });

    const again = await sendIn(second, queueMode, "run-1", LONG);

    expect(again).toEqual({ runId: "run-1", status: "in_flight" });
    await second.request("chat.abort", { sessionKey: "main" });
    expect(await first.terminal("run-1")).toMatchObject({ state: "aborted" });
    expect(await second.terminal("run-1")).toMatchObject({ state: "aborted" });
  },
);

test("a stop reaches the run of a gateway that was killed just now, and its end is told", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  await using next = await startTestGateway(dir.path);
  await using first = await TestClient.connect(killed.url);
  await using second = await TestClient.connect(next.url);
  await first.send("main", LONG, "run-1");
  await first.chat((event) => event.state === "delta");
  await second.request("chat.history", { sessionKey: "main" });

  await killed.kill("SIGKILL");
  const stopped = await second.request("chat.abort", { sessionKey: "main" });

  expect(stopped).toMatchObject({ aborted: true, runIds: ["run-1"] });
  expect(await second.terminal("run-1")).toMatchObject({ state: "aborted", stopReason: "rpc" });
});
