import { expect, test } from "vitest";
import type { ChatEvent } from "../src/protocol/chat.ts";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

// So large that the sockets of both sides cannot take in what the deltas add up to.
const LARGE_TEXT = "x".repeat(4 * 1024 * 1024);
const DELTAS = 14;

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
