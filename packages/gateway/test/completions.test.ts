import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { validate } from "@session-lock/transcript";
import { generateText, streamText, type LanguageModel } from "ai";
import { expect, test, vi } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { PNG } from "./images.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";

function ask(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${url}v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function words(content: string): { messages: object[] } {
  return { messages: [{ role: "user", content }] };
}

function publishedModel(url: string, headers: Readonly<Record<string, string>>): LanguageModel {
  const provider = createOpenAICompatible({
    name: "gateway",
    baseURL: `${url}v1`,
    apiKey: "secret",
    includeUsage: true,
    headers,
  });
  return provider("echo");
}

test("a published OpenAI client gets the answer of a session, and the next one goes on with it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const model = publishedModel(gateway.url, { "x-session-key": "over-http" });

  const first = await generateText({ model, prompt: "one" });
  const second = streamText({ model, prompt: "tool: two" });
  const pieces: string[] = [];
  for await (const piece of second.textStream) pieces.push(piece);

  expect([first.text, first.finishReason]).toEqual(["echo: one", "stop"]);
  expect(pieces.join("")).toBe("Counting the letters of two.\n\necho: tool: two");
  expect(await second.finishReason).toBe("stop");
  const rows = await conversation(await sessionFileOf(dir.path, "agent:main:over-http"));
  expect(rows.filter((row) => row.startsWith("user"))).toEqual(["user: one", "user: tool: two"]);
});

test("the answer has the shape of a chat completion, and the models are listed", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const answer = await ask(gateway.url, words("hello"), { "idempotency-key": "run-1" });
  const models = await fetch(`${gateway.url}v1/models`);

  expect([answer.status, await answer.json()]).toEqual([
    200,
    {
      id: "run-1",
      object: "chat.completion",
      created: expect.any(Number) as number,
      model: "echo",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "echo: hello", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    },
  ]);
  expect(await models.json()).toMatchObject({ object: "list", data: [{ id: "echo", object: "model" }] });
});

test("the same idempotency key five times at once is one run, and every request gets its answer", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const headers = { "idempotency-key": "once", "x-session-key": "shared" };

  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      ask(gateway.url, { ...words("slow: only once"), stream: index % 2 === 0 }, headers),
    ),
  );
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  const later = await ask(gateway.url, words("slow: only once"), headers);

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(texts.filter((text) => text.includes("once"))).toHaveLength(5);
  expect(await later.json()).toMatchObject({ choices: [{ message: { content: "echo: slow: only once" } }] });
  expect(await conversation(await sessionFileOf(dir.path, "agent:main:shared"))).toEqual([
    "user: slow: only once",
    "assistant: echo: slow: only once",
  ]);
});

test("the earlier messages of a request begin an empty session and are left out of one that goes on", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "first" },
    { role: "assistant", content: "second" },
    { role: "user", content: "third" },
    { role: "user", content: [{ type: "text", text: "fourth" }] },
  ];

  const begun = ask(gateway.url, { messages, user: "someone" }, { "idempotency-key": "run-1" });
  const run = await runner.started("run-1");
  run.say("fifth");
  run.finish();
  await begun;
  const continued = ask(
    gateway.url,
    {
      messages: [...messages, { role: "assistant", content: "fifth" }, { role: "user", content: "sixth" }],
      user: "someone",
    },
    { "idempotency-key": "run-2" },
  );
  (await runner.started("run-2")).finish();
  await continued;

  expect(run.request).toMatchObject({ input: "third\n\nfourth", instructions: "Be brief." });
  expect(await conversation(await sessionFileOf(dir.path, "agent:main:someone"))).toEqual([
    "system: Be brief.",
    "user: first",
    "assistant: second",
    "user: third\n\nfourth",
    "assistant: fifth",
    "user: sixth",
  ]);
});

test("a turn of the assistant that asked for tools and said nothing is taken as no words", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const call = { id: "call-1", type: "function", function: { name: "count", arguments: "{}" } };

  const answer = await ask(gateway.url, {
    messages: [
      { role: "user", content: "How many?" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "assistant", tool_calls: [call] },
      { role: "assistant", content: "Three." },
      { role: "user", content: "again" },
    ],
  });
  const missing = await ask(gateway.url, { messages: [{ role: "user", content: null }] });

  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "echo: again" } }] });
  expect(missing.status).toBe(400);
});

test("tool calls of earlier messages begin the session with their results, each under an id of its own", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const call = (id: string, name: string, args: string): object => {
    return { id, type: "function", function: { name, arguments: args } };
  };
  const result = (id: string, content: unknown): object => ({ role: "tool", tool_call_id: id, content });
  const messages = [
    { role: "user", content: "Weather in Rome and Paris?" },
    { role: "assistant", content: "Looking." },
    {
      role: "assistant",
      content: null,
      tool_calls: [call("call_0", "weather", '{"city":"Rome"}'), call("call_1", "weather", "Paris")],
    },
    result("call_1", [{ type: "text", text: "rain" }]),
    result("call_0", "sun"),
    {
      role: "assistant",
      content: "",
      tool_calls: [call("call_0", "clock", ""), call("call_9", "lost", "{}")],
    },
    result("call_0", "noon"),
    { role: "assistant", content: "Sun and rain, at noon." },
    { role: "user", content: "And tomorrow?" },
  ];

  const asked = ask(gateway.url, { messages, user: "someone" }, { "idempotency-key": "run-1" });
  const run = await runner.started("run-1");
  run.say("Who knows.");
  run.finish();
  const answer = await asked;

  expect(answer.status).toBe(200);
  const file = await sessionFileOf(dir.path, "agent:main:someone");
  const stored = (await readEntries(file)).flatMap((entry) =>
    entry.type === "message" ? [entry.message] : [],
  );
  expect(stored).toMatchObject([
    { role: "user" },
    {
      role: "assistant",
      content: [
        { type: "text", text: "Looking." },
        { type: "toolCall", id: "call_0", name: "weather", arguments: { city: "Rome" } },
        { type: "toolCall", id: "call_1", name: "weather", arguments: { text: "Paris" } },
      ],
    },
    { role: "toolResult", toolCallId: "call_0", content: [{ text: "sun" }] },
    { role: "toolResult", toolCallId: "call_1", content: [{ text: "rain" }] },
    { role: "assistant", content: [{ type: "toolCall", id: "call_0-2", name: "clock" }] },
    { role: "toolResult", toolCallId: "call_0-2", content: [{ text: "noon" }] },
    { role: "assistant", content: [{ text: "Sun and rain, at noon." }] },
    { role: "user" },
    { role: "assistant", content: [{ text: "Who knows." }] },
  ]);
  expect((await validate(file)).findings).toEqual([]);
  expect(run.request.messages).toHaveLength(8);
});

test("four thousand turns whose calls all have one number begin a session, each call with its result", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const turns = Array.from({ length: 4_000 }, (_turn, index) => [
    { role: "assistant", tool_calls: [{ id: "call_0", function: { name: "look", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "call_0", content: `seen ${index}` },
  ]).flat();
  const messages = [{ role: "user", content: "go" }, ...turns, { role: "user", content: "and now?" }];

  const answer = await ask(gateway.url, { messages, user: "someone" });
  const { findings } = await validate(await sessionFileOf(dir.path, "agent:main:someone"));

  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { choices: [{ message: { content: "echo: and now?" } }] },
  ]);
  expect(findings).toEqual([]);
});

test("three thousand messages of one side in a row, as in the talk of a group, are one turn", async () => {
  await using dir = await temporaryStateDir();
  // A process of its own: one that does not come to an end with them answers nobody.
  await using gateway = await spawnGateway(dir.path);
  const texts = Array.from({ length: 3_000 }, (_text, index) => `${index} ${"x".repeat(2_500)}`);
  const messages = texts.map((content) => ({ role: "user", content }));

  const answer = await ask(gateway.url, { messages });

  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { choices: [{ message: { content: `echo: ${texts.join("\n\n")}` } }] },
  ]);
});

test("an image in a message reaches the runner", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  const url = `data:image/png;base64,${PNG}`;
  const content = [
    { type: "text", text: "what is this?" },
    { type: "image_url", image_url: { url } },
  ];

  const asked = ask(gateway.url, { messages: [{ role: "user", content }] }, { "idempotency-key": "run-1" });
  const run = await runner.started("run-1");
  run.finish();
  await asked;

  expect(run.request.messages).toMatchObject([
    { content: [{ type: "text" }, { type: "image", data: PNG, mimeType: "image/png" }] },
  ]);
});

test("a client that leaves stops nothing", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  const leaving = new AbortController();
  const headers = { "idempotency-key": "run-1", "x-session-key": "left" };

  const answer = await ask(gateway.url, { ...words("hello"), stream: true }, headers, leaving.signal);
  const run = await runner.started("run-1");
  run.say("I am ");
  await client.chat((event) => event.runId === "run-1");
  leaving.abort();
  await expect(answer.text()).rejects.toThrow();
  run.say("still here");
  run.finish();

  expect(await client.terminal("run-1")).toMatchObject({ state: "final" });
  expect(await conversation(await sessionFileOf(dir.path, "agent:main:left"))).toEqual([
    "user: hello",
    "assistant: I am still here",
  ]);
});

test("a message is on disk before any of its answer is sent", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path);
  const headers = { "idempotency-key": "run-1", "x-session-key": "durable" };

  const answer = await ask(gateway.url, { ...words(`slow: ${"word ".repeat(200)}`), stream: true }, headers);
  await answer.body?.getReader().read();
  await gateway.kill("SIGKILL");

  const entries = await readEntries(await sessionFileOf(dir.path, "agent:main:durable"));
  expect(entries[0]).toMatchObject({
    type: "custom",
    customType: "session-lock.input",
    data: { runId: "run-1" },
  });
});

test("a run that fails is an error of the server that is not to be asked for again", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });

  const whole = ask(gateway.url, words("hello"), { "idempotency-key": "whole" });
  (await runner.started("whole")).fail(new Error("no more ideas"));
  const streamed = ask(gateway.url, { ...words("hello"), stream: true }, { "idempotency-key": "streamed" });
  (await runner.started("streamed")).fail(new Error("no more ideas"));

  const error = { message: "no more ideas", type: "server_error", param: null, code: "RUN_FAILED" };
  expect([
    (await whole).status,
    (await whole).headers.get("x-should-retry"),
    await (await whole).json(),
  ]).toEqual([500, "false", { error }]);
  expect(await (await streamed).text()).toMatch(`data: ${JSON.stringify({ error })}\n\n`);
});

test("a stopped run is told as an answer that was cut off", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const asked = ask(gateway.url, words(`slow: ${"word ".repeat(200)}`), {
    "idempotency-key": "run-1",
    "x-session-key": "main",
  });
  await client.chat((event) => event.runId === "run-1");
  await client.request("chat.abort", { sessionKey: "main" });

  expect(await (await asked).json()).toMatchObject({ choices: [{ finish_reason: "length" }] });
});

const ofTools = [
  { role: "user", content: "x" },
  { role: "assistant", tool_calls: [{ id: "1", function: { name: "look", arguments: "{}" } }] },
];

test.each([
  ["no JSON", "{", 400],
  ["no messages", { messages: [] }, 400],
  ["no words", words("  "), 400],
  ["the assistant last", { messages: [{ role: "assistant", content: "me" }] }, 400],
  [
    "a tool's message last",
    { messages: [...ofTools, { role: "tool", content: "42", tool_call_id: "1" }] },
    400,
  ],
  [
    "a tool's message that nobody asked for",
    { messages: [...ofTools, { role: "tool", content: "42", tool_call_id: "2" }, ...words("x").messages] },
    400,
  ],
  ["tools", { ...words("x"), tools: [{ type: "function", function: { name: "rm" } }] }, 400],
  ["two answers", { ...words("x"), n: 2 }, 400],
  ["a foreign agent", { ...words("x"), user: "agent:other:main" }, 400],
  [
    "an image to be fetched",
    {
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "http://192.0.2.1/" } }] }],
    },
    400,
  ],
  ["a prototype", '{"messages":[{"role":"user","content":"x"}],"__proto__":{"stream":true}}', 400],
  ["a body beyond the limit", words("x".repeat(26 * 1024 * 1024)), 413],
])("a request with %s is refused in the shape of the API", async (_what, body, status) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const answer = await ask(gateway.url, body);

  expect([answer.status, await answer.json()]).toEqual([
    status,
    {
      error: {
        message: expect.any(String) as string,
        type: "invalid_request_error",
        param: null,
        code: expect.toSatisfy((code) => code === null || typeof code === "string") as string,
      },
    },
  ]);
});

test("what a page of another site can send without asking is refused", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const plain = await ask(gateway.url, words("x"), { "content-type": "text/plain" });
  const foreign = await ask(gateway.url, words("x"), { origin: "http://evil.example" });

  expect([plain.status, foreign.status]).toEqual([415, 403]);
  expect(await (await fetch(`${gateway.url}v1/embeddings`)).json()).toMatchObject({ error: { param: null } });
});

test("with a token, a request without it or with a wrong one is refused, and ten wrong ones have to wait", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const statusWith = async (headers: Record<string, string>): Promise<number> => {
    const answer = await ask(gateway.url, words("x"), headers);
    await answer.text();
    return answer.status;
  };

  expect(await statusWith({})).toBe(401);
  expect(await statusWith({ authorization: "Basic secret" })).toBe(401);
  expect(await statusWith({ authorization: "Bearer secret" })).toBe(200);
  const refused = [];
  for (let count = 0; count < 10; count += 1)
    refused.push(await statusWith({ authorization: "Bearer guess" }));
  expect(new Set(refused)).toEqual(new Set([401]));
  expect(await statusWith({ authorization: "Bearer secret" })).toBe(429);
});

/** A text as programs such as curl put it into a header. */
function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

test("a token of several words, in any script, is taken over HTTP as it is over a socket", async () => {
  await using dir = await temporaryStateDir();
  const token = "größe zählt nicht";
  await using gateway = await startTestGateway(dir.path, { token });
  await using client = await TestClient.connect(gateway.url, { token });
  const statusWith = async (presented: string): Promise<number> => {
    const answer = await ask(gateway.url, words("x"), { authorization: `Bearer ${utf8(presented)}` });
    await answer.text();
    return answer.status;
  };

  expect(await client.request("health")).toMatchObject({ ok: true });
  expect(await statusWith(token)).toBe(200);
  expect(await statusWith("größe zählt")).toBe(401);
});

test("a session and a key that a header names in UTF-8 are those that a socket names", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("größe 日本", "one", "run-1");
  await client.terminal("run-1");

  const headers = { "x-session-key": utf8("größe 日本"), "idempotency-key": utf8("schlüssel") };
  const answer = await ask(gateway.url, words("two"), headers);

  expect(await answer.json()).toMatchObject({ id: "schlüssel" });
  expect(await client.send("größe 日本", "two", "schlüssel")).toMatchObject({ status: "ok" });
  const rows = await conversation(await sessionFileOf(dir.path, "agent:main:größe 日本"));
  expect(rows).toEqual(["user: one", "assistant: echo: one", "user: two", "assistant: echo: two"]);
});

test("who has to wait for refused tokens waits a minute at most, though the clock is set back meanwhile", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const guess = async (): Promise<Response> => {
    const answer = await ask(gateway.url, words("x"), { authorization: "Bearer guess" });
    await answer.text();
    return answer;
  };
  for (let count = 0; count < 10; count += 1) await guess();

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  const answer = await guess().finally(() => vi.useRealTimers());

  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60);
});

test("a gateway that stops answers who waits for a run that will come after its next start", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  const headers = (runId: string) => ({ "idempotency-key": runId, "x-session-key": "main" });

  const active = ask(gateway.url, words("active"), headers("active"));
  await runner.started("active");
  await using client = await TestClient.connect(gateway.url);
  const waiting = ask(gateway.url, words("waiting"), headers("waiting"));
  while ((await client.request("status"))["queuedRuns"] !== 1);
  await gateway.close();

  expect((await active).status).toBe(200);
  expect([(await waiting).status, await (await waiting).json()]).toMatchObject([
    503,
    { error: { code: "UNAVAILABLE" } },
  ]);
});

test("a stream that waits for its turn when the gateway closes is told so, and ends as a stream does", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  const headers = { "x-session-key": "shared" };
  const first = await ask(
    gateway.url,
    { ...words("first"), stream: true },
    { ...headers, "idempotency-key": "run-1" },
  );
  await runner.started("run-1");
  const second = await ask(
    gateway.url,
    { ...words("second"), stream: true },
    { ...headers, "idempotency-key": "run-2" },
  );

  const texts = Promise.all([first.text(), second.text()]);
  await gateway.close();

  expect(await texts).toEqual([
    expect.stringContaining("[DONE]"),
    expect.stringContaining("the message is kept and will be answered"),
  ]);
});
