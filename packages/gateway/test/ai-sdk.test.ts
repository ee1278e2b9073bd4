import { validate } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { createAiSdkRunner, type AgentTool, type AiSdkRunnerOptions } from "../src/index.ts";
import { TestClient } from "./client.ts";
import { startModelServer, type ModelRequest, type ModelServer } from "./model-server.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

const weather: AgentTool = {
  name: "weather",
  description: "Tells the weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  run: (args) =>
    args["city"] === "Atlantis"
      ? Promise.reject(new Error("no such city"))
      : Promise.resolve(`sunny in ${String(args["city"])}`),
};

function runnerOf(server: ModelServer) {
  return createAiSdkRunner({
    provider: "openai-compatible",
    baseUrl: server.baseUrl,
    apiKey: "key-of-the-test",
    model: "small",
    instructions: "Be brief.",
    tools: [weather],
  });
}

/** Whether the newest words are these. */
function isLast(messages: ModelRequest["messages"], words: string): boolean {
  // The content is a text or a list of texts; either way its last word stands before the closing marks.
  return new RegExp(`${words}["}\\]]+$`).test(JSON.stringify(messages.at(-1)?.["content"]));
}

test("a model's words stream to the client and are stored under the model's name", async () => {
  await using server = await startModelServer(() => ({ kind: "text", words: ["Good ", "day."] }));
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "hello", "run-1");
  const final = await client.terminal("run-1");

  const identity = { api: "openai-completions", provider: "openai-compatible", model: "small" };
  expect(final).toMatchObject({ state: "final", message: { content: [{ text: "Good day." }], ...identity } });
  expect(server.requests).toMatchObject([
    {
      authorization: "Bearer key-of-the-test",
      model: "small",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "hello" },
      ],
      tools: [{ function: { name: "weather" } }],
    },
  ]);
});

test("a model that calls tools, with good and bad arguments, is given every result and then answers", async () => {
  await using server = await startModelServer(({ messages }) =>
    messages.at(-1)?.["role"] === "tool"
      ? { kind: "text", words: ["All ", "told."] }
      : {
          kind: "tools",
          calls: [
            { id: "call_1", name: "weather", args: '{"city":"Rome"}' },
            { id: "call_2", name: "weather", args: '{"city":"Atlantis"}' },
            { id: "call_3", name: "oracle", args: "{}" },
            { id: "call_4", name: "weather", args: '{"city":' },
          ],
        },
  );
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "weather?", "run-1");
  const final = await client.terminal("run-1");
  const results = server.requests[1]?.messages.filter((message) => message["role"] === "tool");

  expect(final).toMatchObject({ state: "final", message: { content: [{ text: "All told." }] } });
  expect(results).toMatchObject([
    { tool_call_id: "call_1", content: "sunny in Rome" },
    { tool_call_id: "call_2", content: "no such city" },
    { tool_call_id: "call_3" },
    { tool_call_id: "call_4" },
  ]);
  const file = await sessionFileOf(dir.path, MAIN);
  const stored = (await readEntries(file)).flatMap((entry) =>
    entry.type === "message" && entry.message.role === "toolResult" ? [entry.message] : [],
  );
  expect(stored.map(({ toolCallId, isError }) => [toolCallId, isError])).toEqual([
    ["call_1", false],
    ["call_2", true],
    ["call_3", true],
    ["call_4", true],
  ]);
  const report = await validate(file, { profile: "openai-chat" });
  expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
});

test("what the provider refuses ends the run in one error, is in the history, and blocks nothing", async () => {
  // The message that was never answered is part of the next turn.
  await using server = await startModelServer(({ messages }) =>
    isLast(messages, "bad")
      ? { kind: "refuse", status: 400, message: "roles must alternate" }
      : { kind: "text", words: ["fine"] },
  );
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "bad", "run-1");
  await client.send("main", "good", "run-2");
  await client.send("agent:main:other", "good", "run-3");
  const terminals = await Promise.all(["run-1", "run-2", "run-3"].map((runId) => client.terminal(runId)));

  expect(terminals).toMatchObject([
    { state: "error", errorMessage: expect.stringContaining("roles must alternate") as string },
    { state: "final", message: { content: [{ text: "fine" }] } },
    { state: "final" },
  ]);
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: bad",
    expect.stringContaining("roles must alternate"),
    "user: good",
    "assistant: fine",
  ]);
});

test("a stop ends a model that says nothing, and its session answers the next message", async () => {
  await using server = await startModelServer(({ messages }) =>
    isLast(messages, "hang") ? { kind: "hang" } : { kind: "text", words: ["here"] },
  );
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "hang", "run-1");
  await expect.poll(() => server.requests.length).toBe(1);
  await client.request("chat.abort", { sessionKey: "main" });
  await client.send("main", "next", "run-2");

  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted" });
  expect(await client.terminal("run-2")).toMatchObject({ message: { content: [{ text: "here" }] } });
});

test("the model of the session is asked, and stored as the one that answered", async () => {
  await using server = await startModelServer(({ model }) => ({ kind: "text", words: [model] }));
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.request("sessions.patch", { key: "main", model: "large" });
  await client.send("main", "who?", "run-1");

  expect(await client.terminal("run-1")).toMatchObject({
    message: { model: "large", content: [{ text: "large" }] },
  });
});

test("notes and mirrors between the messages do not make the conversation unacceptable", async () => {
  await using server = await startModelServer(() => ({ kind: "text", words: ["yes"] }));
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { runner: runnerOf(server) });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-1");
  await client.terminal("run-1");
  await client.request("chat.inject", { sessionKey: "main", message: "a note" });
  await client.send("main", "second", "run-2");
  await client.terminal("run-2");

  expect(server.requests[1]?.messages.map((message) => message["role"])).toEqual([
    "system",
    "user",
    "assistant",
    "user",
  ]);
});

test.each([
  [{ provider: "openai-compatible" }, "openai-compatible needs the base URL of a service"],
  [
    { provider: "openai-compatible", baseUrl: "nope" },
    'the base URL must begin with http:// or https://, not "nope"',
  ],
  [{ provider: "openai", model: "" }, "openai needs the name of a model"],
  [
    { provider: "toaster" },
    'the provider must be anthropic, openai, google, openai-compatible, not "toaster"',
  ],
])("a service that is %o is refused, and what is wrong with it told", (service, message) => {
  const options = { model: "small", ...service } as AiSdkRunnerOptions;

  expect(() => createAiSdkRunner(options)).toThrow(
    expect.objectContaining({ name: "GatewayError", code: "INVALID_CONFIG", message }) as Error,
  );
});
