import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { expect, test, vi } from "vitest";
import { EVENTS } from "../src/methods/registry.ts";
import { AgentStreamEvent } from "../src/protocol/agent-event.ts";
import { ChatEvent } from "../src/protocol/chat-event.ts";
import * as events from "../src/protocol/events.ts";
import { TICK_INTERVAL_MS } from "../src/protocol/limits.ts";
import { TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const SHAPES: Readonly<Record<(typeof EVENTS)[number], TSchema>> = {
  agent: AgentStreamEvent,
  chat: ChatEvent,
  "connect.challenge": events.ConnectChallengeEvent,
  "session.message": events.SessionMessageEvent,
  "sessions.changed": events.SessionsChangedEvent,
  shutdown: events.ShutdownEvent,
  tick: events.TickEvent,
};

test("every event that is sent has the shape of its schema", async () => {
  await using dir = await temporaryStateDir();
  // The gateway's tick alone; whatever else waits, waits in real time.
  vi.useFakeTimers({ toFake: ["setInterval"] });
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url, { caps: ["tool-events"] });

  await client.request("sessions.subscribe");
  await client.request("sessions.messages.subscribe", { key: "desk" });
  await client.send("desk", "tool: hello", "run-1");
  await client.terminal("run-1");
  await client.request("sessions.patch", { key: "desk", label: "a desk" });
  await client.request("sessions.reset", { key: "desk" });
  await client.request("sessions.delete", { key: "desk" });
  vi.advanceTimersByTime(TICK_INTERVAL_MS);
  vi.useRealTimers();
  await client.event("tick");
  await gateway.close();
  await client.closed();

  const names = new Set([...client.frames.map(({ event }) => event)]);
  const faults = client.frames.flatMap(({ event, payload }) => {
    const shape = Object.entries(SHAPES).find(([name]) => name === event)?.[1];
    return shape !== undefined && Value.Check(shape, payload) ? [] : [{ event, payload }];
  });
  expect(names).toEqual(new Set(EVENTS));
  expect(faults).toEqual([]);
});
