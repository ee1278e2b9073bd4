import { expect, test } from "vitest";
import { METHODS } from "../src/methods/registry.ts";
import { answerFault } from "./answer-shape.ts";
import { connectParams, Line } from "./client.ts";
import { openedBy } from "../src/session/message-text.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const IMAGE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const desk = { sessionKey: "desk" };
const nowhere = { sessionKey: "nowhere" };

type Call = readonly [method: string, params: object];

const WHILE_A_RUN_WORKS: readonly Call[] = [
  ["agent", { message: "hello", idempotencyKey: "asked", ...desk }],
  ["chat.send", { message: "hello", idempotencyKey: "sent", ...desk }],
  ["chat.send", { message: "look", idempotencyKey: "seen", ...desk, attachments: [{ content: IMAGE }] }],
  ["agent.wait", { runId: "seen" }],
  ["agent.wait", { runId: "unknown", timeoutMs: 1 }],
  ["chat.send", { message: "tool: slow: one two three", idempotencyKey: "slow", ...desk }],
  ["chat.send", { message: "waits", idempotencyKey: "waits", ...desk }],
  ["chat.history", { ...desk, inputRunIds: ["asked", "waits"] }],
  ["chat.history", { ...desk, maxChars: 2 }],
  ["chat.history", { ...desk, cursor: "another:" }],
  ["chat.history", nowhere],
  ["chat.startup", desk],
  ["chat.startup", nowhere],
  ["chat.replay", { ...desk, runId: "asked", afterSeq: -1 }],
  ["chat.replay", { ...nowhere, runId: "asked", afterSeq: -1 }],
  ["chat.message.get", { ...desk, messageId: "none" }],
  ["sessions.inspect", { key: "desk" }],
  ["sessions.inspect", { key: "nowhere" }],
  ["sessions.takeover", { key: "desk" }],
];

const TO_ITS_END: readonly Call[] = [
  ["chat.abort", { ...desk, runId: "slow" }],
  ["agent.wait", { runId: "slow" }],
  ["chat.send", { message: "/stop", idempotencyKey: "stop", ...desk }],
  ["sessions.patch", { key: "desk", label: "Desk", pinned: true, model: "other", queueMode: "collect" }],
  ["sessions.patch", { key: "desk", sendPolicy: "deny", color: "red", thinkingLevel: "low" }],
  ["sessions.describe", { key: "desk" }],
  ["sessions.describe", { key: "nowhere" }],
  ["sessions.list", {}],
  ["sessions.preview", { keys: ["desk", "nowhere"] }],
  ["sessions.subscribe", {}],
  ["sessions.messages.subscribe", { key: "desk" }],
  ["sessions.messages.unsubscribe", { key: "desk" }],
  ["sessions.reset", { key: "desk" }],
  ["sessions.inspect", { key: "desk" }],
  ["sessions.preview", { keys: ["desk"] }],
  ["sessions.delete", { key: "desk" }],
];

test("every method answers as its schema says", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());
  const faults: string[] = [];
  let count = 0;
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = `call-${(count += 1)}`;
    line.raw(JSON.stringify({ type: "req", id, method, params }));
    const answers = await line.answersTo(id, method === "agent" ? 2 : 1);
    for (const { ok, payload, error } of answers) {
      const fault = ok ? answerFault(method, payload) : `${method}: ${error?.message}`;
      if (fault !== undefined) faults.push(fault);
    }
    return answers[0]?.payload;
  };

  for (const [method, params] of WHILE_A_RUN_WORKS) await ask(method, params);
  const note = await ask("chat.inject", { message: "a note", label: "test", ...desk });
  await ask("chat.message.get", { ...desk, messageId: openedBy(note)["messageId"] });
  for (const [method, params] of TO_ITS_END) await ask(method, params);
  const named = new Set([...WHILE_A_RUN_WORKS, ...TO_ITS_END].map(([method]) => method));
  const others = [...METHODS.keys()].filter((method) => !named.has(method) && method !== "chat.inject");
  for (const method of others) await ask(method, {});
  await line.close();

  expect(faults).toEqual([]);
});

test("an answer with a field too many, or one too few, is not what the schema says", () => {
  const good = { subscribed: true, key: "agent:main:desk" };

  expect(answerFault("sessions.messages.subscribe", good)).toBeUndefined();
  expect(answerFault("sessions.messages.subscribe", { ...good, more: 1 })).toContain("/more");
  expect(answerFault("sessions.messages.subscribe", { subscribed: true })).toContain("/key");
});
