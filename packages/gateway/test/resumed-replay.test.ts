import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

/** Minutes of talk, for a run that is cut short by the test. */
const LONG = `slow: ${"on and on ".repeat(200)}`;

async function replay(client: TestClient, afterSeq: number): Promise<unknown> {
  return (await client.request("chat.replay", { sessionKey: "main", runId: "run-1", afterSeq }))["events"];
}

test("who knows a run from a killed gateway gets its new text whole from the next one, and its end", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  const before = await TestClient.connect(killed.url);
  await before.send("main", LONG, "run-1");
  const { seq } = await before.chat((event) => event.seq === 5);
  await killed.kill("SIGKILL");
  const runner = new ScriptedRunner();
  await using next = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(next.url);

  const run = await runner.started("run-1");
  run.say("short");
  const delta = await client.chat((event) => event.state === "delta");
  const whole = await replay(client, seq);
  const again = await replay(client, delta.seq + 1_000);
  run.finish();
  const final = await client.terminal("run-1");
  const known = [0, 1, 2, 3, 4, 5, delta.seq, final.seq + 1_000];
  const ends = await Promise.all(known.map((afterSeq) => replay(client, afterSeq)));

  expect(delta).toMatchObject({ deltaText: "short", replace: true });
  expect([delta.seq > seq, final.seq > delta.seq]).toEqual([true, true]);
  expect([whole, again]).toMatchObject([
    [{ state: "delta", deltaText: "short", replace: true }],
    [{ state: "delta", deltaText: "short", replace: true }],
  ]);
  expect(ends).toEqual(known.map(() => [final]));
  expect(await replay(client, final.seq)).toEqual([]);
});

test("who knows a run from the gateway that gave it away gets its end from the one that went on, and the other way round", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", "tool: slow: one two three", "run-1");
  await first.chat((event) => event.state === "delta");
  await second.request("sessions.takeover", { key: "main" });
  const [final, theirs] = [await second.terminal("run-1"), await first.terminal("run-1")];

  const numbersOf = (client: TestClient) =>
    client.chatsOf("run-1").flatMap(({ seq, state }) => (state === "delta" ? [seq] : []));
  const fromTwo = await Promise.all(numbersOf(first).map((seq) => replay(second, seq)));
  const fromOne = await Promise.all(numbersOf(second).map((seq) => replay(first, seq)));

  expect([fromTwo.length > 0, fromOne.length > 0]).toEqual([true, true]);
  expect(fromTwo).toEqual(fromTwo.map(() => [final]));
  expect(fromOne).toEqual(fromOne.map(() => [theirs]));
});

test("who knows the first event of a run gets its end from a gateway where the run has only waited", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", "slow: one two three", "run-1");
  const { seq } = await first.chat((event) => event.state === "delta");
  await second.send("main", "slow: one two three", "run-1");

  const final = await second.terminal("run-1");

  expect(seq).toBe(0);
  expect(await replay(second, seq)).toEqual([final]);
});
