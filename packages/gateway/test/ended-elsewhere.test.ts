import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner, type Conductor } from "./scripted-runner.ts";
import { mainEntries, rowsOf } from "./several-gateways.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, sessionFileOf, textOf } from "./transcript-file.ts";

const once = { inputs: 1, users: 1, ends: 1 };
const STOPPED = "assistant: This message was stopped before it was answered.";

/** What the runner finds of the message that was left: given to it on the way, or as a turn of its own. */
const WAYS = [
  {
    queueMode: "steer",
    take: async (first: Conductor): Promise<readonly string[]> => {
      const steered = await first.request.takeSteering();
      first.finish();
      return steered.map(textOf);
    },
  },
  {
    queueMode: "collect",
    take: async (first: Conductor, runner: ScriptedRunner): Promise<readonly string[]> => {
      first.finish();
      const second = await runner.started("run-2");
      second.finish();
      return [second.request.input];
    },
  },
];

test.each(WAYS)(
  "a message in mode $queueMode that another gateway has stopped is part of no turn, and ends once, as stopped",
  async ({ queueMode, take }) => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    await using gateway = await startTestGateway(dir.path, { runner });
    await using other = await spawnGateway(dir.path);
    await using client = await TestClient.connect(gateway.url);
    await using stopper = await TestClient.connect(other.url);
    const send = (message: string, idempotencyKey: string): Promise<unknown> =>
      client.request("chat.send", { sessionKey: "main", message, idempotencyKey, queueMode });
    await client.send("main", "go", "run-1");
    const first = await runner.started("run-1");
    await send("kept", "run-2");
    await send("stopped", "run-3");

    const answer = await stopper.request("chat.abort", { sessionKey: "main", runId: "run-3" });
    const taken = await take(first, runner);
    const ends = await Promise.all([client.terminal("run-2"), client.terminal("run-3")]);

    expect(answer).toMatchObject({ aborted: true, runIds: ["run-3"] });
    expect(taken).toEqual(["kept"]);
    expect(ends).toMatchObject([{ state: "final" }, { state: "aborted", stopReason: "rpc" }]);
    const entries = await mainEntries(dir.path);
    expect(["run-1", "run-2", "run-3"].map((runId) => rowsOf(entries, runId))).toEqual([once, once, once]);
    const said = await conversation(await sessionFileOf(dir.path, "agent:main:main"));
    expect(said).toEqual(["user: go", "user: stopped", STOPPED, "user: kept"]);
  },
);

test("a stopped message that was about to steer a turn ends once, as stopped, also when that turn ends in the same moment", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using other = await spawnGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await using stopper = await TestClient.connect(other.url);
  await client.send("main", "go", "run-1");
  const first = await runner.started("run-1");
  const steering = { sessionKey: "main", message: "stopped", idempotencyKey: "run-2", queueMode: "steer" };
  await client.request("chat.send", steering);
  await stopper.request("chat.abort", { sessionKey: "main", runId: "run-2" });

  const sessionFile = await sessionFileOf(dir.path, "agent:main:main");
  await using lock = await acquireSessionWriteLock({ sessionFile });
  const steered = first.request.takeSteering(); // its words wait for the lock, and then the end of the turn does
  first.say("an answer");
  first.finish();
  await client.chat((event) => event.state === "delta");
  await client.request("health");
  await lock.release();
  const ends = await Promise.all([client.terminal("run-1"), client.terminal("run-2")]);

  expect(await steered).toEqual([]);
  expect(ends).toMatchObject([{ state: "final" }, { state: "aborted", stopReason: "rpc" }]);
  const entries = await mainEntries(dir.path);
  expect(["run-1", "run-2"].map((runId) => rowsOf(entries, runId))).toEqual([once, once]);
  expect(client.chatsOf("run-2").filter(({ state }) => state !== "delta")).toHaveLength(1);
});
