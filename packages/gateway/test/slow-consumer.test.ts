import { expect, test } from "vitest";
import type { ChatEvent } from "../src/protocol/chat-event.ts";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

// So large that the sockets of both sides cannot take in what the deltas add up to.
const LARGE_TEXT = "x".repeat(4 * 1024 * 1024);
const DELTAS = 14;

const ANSWER_BYTES = 5 * 1024 * 1024;
/** So many large answers are more than a connection may have unsent, and fewer than it is closed for at once. */
const ANSWERS = 14;
const GRACE_MS = 5_000;

/** A session whose history is as large as an answer may be. */
async function fillSession(client: TestClient, runner: ScriptedRunner): Promise<void> {
  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("x".repeat(ANSWER_BYTES));
  run.finish();
  await client.terminal("run-1");
}

/** Asks for more than the connection reads; resolves when all of it waits to be read. */
async function askTooMuch(sleeper: TestClient, url: string): Promise<{ readonly got: Promise<unknown[]> }> {
  sleeper.pause();
  const answers = Array.from({ length: ANSWERS }, () => {
    return sleeper.request("chat.history", { sessionKey: "main", limit: 1 }).catch(() => "lost");
  });
  const answered = `session_gateway_method_seconds_count{method="chat.history",outcome="ok"} ${ANSWERS}`;
  const metrics = async (): Promise<string> => (await fetch(`${url}metrics`)).text();
  await expect.poll(metrics).toContain(answered);
  return { got: Promise.all(answers) };
}

function deltasOf(events: readonly ChatEvent[]): readonly ChatEvent[] {
  return events.filter((event) => event.state === "delta");
}

test("a connection that does not read misses deltas, but no number and not the end, and holds up nobody", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using reader = await TestClient.connect(gateway.url);
  await using sleeper = await TestClient.connect(gateway.url);

  sleeper.pause();
  await reader.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say(LARGE_TEXT);
  while (deltasOf(reader.chats).length < DELTAS) {
    run.say("y");
    await reader.request("status"); // the answer comes after the deltas before it, so the reader keeps up
  }
  run.finish();
  const final = await reader.terminal("run-1");
  sleeper.resume();

  expect(await sleeper.terminal("run-1")).toEqual(final);
  expect(deltasOf(sleeper.chats).length).toBeLessThan(deltasOf(reader.chats).length);
  const numbers = sleeper.frames.flatMap((frame) => frame.seq ?? []);
  expect(numbers).toEqual(numbers.map((_seq, index) => index + 1));
});

test("a reader that catches up in time keeps its connection and gets every answer, however busy the gateway was", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using sleeper = await TestClient.connect(gateway.url);
  await fillSession(sleeper, runner);

  const begun = Date.now();
  const asked = await askTooMuch(sleeper, gateway.url);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, GRACE_MS); // nothing can be written meanwhile
  sleeper.drain();
  await expect.poll(() => sleeper.drained).toBeGreaterThanOrEqual(ANSWERS);
  sleeper.look();
  const got = await asked.got;
  const elapsed = (): number => Date.now() - begun;
  await expect.poll(elapsed).toBeGreaterThan(2 * GRACE_MS);

  expect(got.filter((answer) => answer === "lost")).toEqual([]);
  expect(await sleeper.request("status")).toMatchObject({ connections: 1 });
  const numbers = sleeper.frames.flatMap((frame) => frame.seq ?? []);
  expect(numbers).toEqual(numbers.map((_seq, index) => index + 1));
});

test("a reader that has not caught up when its time is over is closed with 1008", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using other = await TestClient.connect(gateway.url);
  await using sleeper = await TestClient.connect(gateway.url);
  await fillSession(other, runner);

  const begun = Date.now();
  await askTooMuch(sleeper, gateway.url);
  const connections = async (): Promise<unknown> => (await other.request("status"))["connections"];
  await expect.poll(connections).toBe(1);
  const givenMs = Date.now() - begun;
  // It has 10 s to get to the goodbye, behind 70 MB.
  sleeper.drain();

  expect(await sleeper.closed()).toEqual({ code: 1008, reason: "slow consumer" });
  expect(givenMs).toBeGreaterThanOrEqual(GRACE_MS);
});

test("a reader that asks for twice as much as may wait is closed", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using other = await TestClient.connect(gateway.url);
  await using sleeper = await TestClient.connect(gateway.url);
  await fillSession(other, runner);

  await askTooMuch(sleeper, gateway.url);
  for (let count = 0; count < ANSWERS; count += 1)
    void sleeper.request("chat.history", { sessionKey: "main", limit: 1 }).catch(() => undefined);
  const connections = async (): Promise<unknown> => (await other.request("status"))["connections"];

  await expect.poll(connections).toBe(1);
});
