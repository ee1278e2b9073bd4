import { validate } from "@session-lock/transcript";
import { expect, test } from "vitest";
import type { AgentEvent } from "../src/index.ts";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

function calls(...ids: readonly string[]): AgentEvent {
  return { type: "tool-calls", calls: ids.map((id) => ({ id, name: "look", arguments: { at: id } })) };
}

function result(toolCallId: string, text: string): AgentEvent {
  return { type: "tool-result", toolCallId, text, isError: false };
}

test("each tool call is in the history with its result, after what was said before it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "tool: two words", "run-1");
  const final = await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey: "main" });
  const report = await validate(await sessionFileOf(dir.path, MAIN));

  expect(final).toMatchObject({ message: { content: [{ text: "echo: tool: two words" }] } });
  expect(history).toMatchObject({
    messages: [
      { role: "user" },
      {
        role: "assistant",
        stopReason: "toolUse",
        content: [
          { type: "text", text: "Counting the letters of two." },
          { type: "toolCall", name: "count_letters", arguments: { word: "two" } },
        ],
      },
      { role: "toolResult", toolName: "count_letters", content: [{ text: "3" }], isError: false },
      { role: "assistant", content: [{ text: "Counting the letters of words." }, { type: "toolCall" }] },
      { role: "toolResult", content: [{ text: "5" }] },
      { role: "assistant", idempotencyKey: "run-1:assistant" },
    ],
  });
  expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
});

test("deltas are the text since the last tool calls, and the first after them says that it replaces", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("before");
  run.tell(calls("one"));
  run.tell(result("one", "seen"));
  run.say("after");
  run.finish();
  await client.terminal("run-1");

  expect(client.chatsOf("run-1")).toMatchObject([
    { state: "delta", deltaText: "before", message: { content: [{ text: "before" }] } },
    { state: "delta", deltaText: "", replace: true, message: { content: [{ text: "" }] } },
    { state: "delta", deltaText: "after", message: { content: [{ text: "after" }] } },
    { state: "final", message: { content: [{ text: "after" }] } },
  ]);
});

test("tool events go to the connections that can handle them, and to no other", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using able = await TestClient.connect(gateway.url, { caps: ["tool-events"] });
  await using plain = await TestClient.connect(gateway.url);

  await able.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.tell(calls("one", "two"));
  run.tell(result("two", "second"));
  run.tell(result("one", "first"));
  run.finish();
  await able.terminal("run-1");
  await plain.terminal("run-1");
  // The last event comes after the terminal one; an answer comes after every event before it.
  await Promise.all([able.request("status"), plain.request("status")]);

  expect(able.agentOf("run-1")).toMatchObject([
    { seq: 0, stream: "lifecycle", data: { phase: "start", sessionKey: MAIN } },
    { stream: "tool", data: { phase: "start", toolCallId: "one", name: "look", args: { at: "one" } } },
    { stream: "tool", data: { phase: "start", toolCallId: "two" } },
    { stream: "tool", data: { phase: "result", toolCallId: "two", result: "second", isError: false } },
    { stream: "tool", data: { phase: "result", toolCallId: "one", result: "first" } },
    { stream: "lifecycle", data: { phase: "end" } },
  ]);
  expect(plain.agentOf("run-1").map((event) => event.stream)).toEqual(["lifecycle", "lifecycle"]);
  const history = await plain.request("chat.history", { sessionKey: "main" });
  expect(history).toMatchObject({
    messages: [{}, {}, { toolCallId: "one" }, { toolCallId: "two" }], // results in the order of the calls
  });
});

test("a run stopped while its tools work leaves no call without a result, and the next one is answered", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url, { caps: ["tool-events"] });

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("let me look");
  run.tell(calls("one", "two"));
  run.tell(result("one", "seen"));
  await client.event("agent", (payload) => JSON.stringify(payload).includes('"phase":"result"'));
  await client.request("chat.abort", { sessionKey: "main" });
  const aborted = await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey: "main" });
  await client.send("main", "go on", "run-2");
  const next = await runner.started("run-2");
  next.finish();
  await client.terminal("run-2");

  expect(aborted).toMatchObject({ state: "aborted", stopReason: "rpc" });
  expect(history).toMatchObject({
    messages: [
      { role: "user" },
      { content: [{ text: "let me look" }, { id: "one" }, { id: "two" }] },
      { toolCallId: "one", isError: false },
      { toolCallId: "two", isError: true, content: [{ text: "The run ended before this tool did." }] },
    ],
  });
  const report = await validate(await sessionFileOf(dir.path, MAIN));
  expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
  expect(next.request.messages.at(-1)).toMatchObject({ role: "user" });
});

test.each([
  ["a result that no call waits for", [result("nothing", "seen")]],
  ["a second result", [calls("one", "two"), result("one", "seen"), result("one", "seen")]],
  ["text while its tools work", [calls("one"), { type: "text", text: "impatient" }]],
  ["the same call twice", [calls("one", "one")]],
  ["its end while its tools work", [calls("one")]],
] satisfies [string, AgentEvent[]][])(
  "a runner that gives %s ends in one error, with the transcript valid",
  async (_what, events) => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    await using gateway = await startTestGateway(dir.path, { runner });
    await using client = await TestClient.connect(gateway.url);

    await client.send("main", "go", "run-1");
    const run = await runner.started("run-1");
    for (const event of events) run.tell(event);
    run.finish();
    const terminal = await client.terminal("run-1");

    expect(terminal.state).toBe("error");
    const report = await validate(await sessionFileOf(dir.path, MAIN));
    expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
  },
);

test("a run killed between its tools goes on from the results that are on disk", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  const before = await TestClient.connect(killed.url, { caps: ["tool-events"] });
  await before.send("main", "tool: slow: one three", "run-1");
  // The first call is stored when the text of the second one comes.
  await before.chat((event) => event.state === "delta" && event.replace === true);
  await killed.kill("SIGKILL");

  await using next = await spawnGateway(dir.path);
  await using after = await TestClient.connect(next.url);
  await after.send("main", "last", "run-last");
  await after.terminal("run-last");

  const file = await sessionFileOf(dir.path, MAIN);
  expect(await conversation(file)).toEqual([
    "user: tool: slow: one three",
    ...["slow:", "one", "three"].flatMap((word) => [
      `assistant: Counting the letters of ${word}.`,
      `toolResult: ${word.replace(":", "").length}`,
    ]),
    "assistant: echo: tool: slow: one three",
    "user: last",
    "assistant: echo: last",
  ]);
  expect(forkPoints(await readEntries(file))).toEqual([]);
});
