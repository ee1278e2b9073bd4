import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { connectParams, Line, TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf, textOf } from "./transcript-file.ts";

const KEY = "agent:main:main";

test("text with line ends, separators and marks is one line on disk and the same text when it is read", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const text = 'a\nb\rc\u2028d\u2029e\ufefff\tg "quoted" \\ {"type":"message"}\n{"type":"session"}';

  await client.send(KEY, text, "run-1");
  await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey: KEY });

  const entries = await readEntries(await sessionFileOf(dir.path, KEY));
  const [first] = entries.filter((entry) => entry.type === "message");
  expect(entries).toHaveLength(3);
  expect(first === undefined ? "" : textOf(first.message)).toBe(text);
  expect(history).toMatchObject({
    messages: [{ content: [{ text }] }, { content: [{ text: `echo: ${text}` }] }],
  });
});

test("NUL is refused, control characters are taken out, and half a character becomes the mark for one", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await expect(client.send(KEY, "a\u0000b")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await client.send(KEY, "a\u001b[31mb\u0007c\ud800d", "run-1");
  await client.terminal("run-1");

  const entries = await readEntries(await sessionFileOf(dir.path, KEY));
  expect(entries[0]).toMatchObject({ data: { message: "a[31mbc\ufffdd" } });
});

test("what a client sends cannot write lines of its own into the log, nor long ones", async () => {
  await using dir = await temporaryStateDir();
  const logged: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line) => void logged.push(line) });
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { logger, runner });
  const forged = `x\r\n{"level":60,"msg":"forged"}\u001b[2J`;
  const line = await Line.open(gateway.url, { headers: { "user-agent": "y".repeat(10_000) } });
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", { ...connectParams(), userAgent: forged, locale: forged });
  const params = { sessionKey: "main", message: forged, idempotencyKey: forged };

  await line.request("chat.send", params);
  (await runner.started(forged)).fail(new Error("the runner failed"));
  await line.event((frame) => frame.event === "chat");
  await line.request(forged.slice(0, 100), {}).catch(() => undefined);
  await line.close();

  expect(logged.length).toBeGreaterThan(0); // the failed run
  for (const text of logged) {
    expect(text.trimEnd().split(/[\r\n]/)).toHaveLength(1);
    expect(text).not.toContain("\u001b");
    expect(JSON.parse(text)).not.toMatchObject({ msg: "forged" });
    expect(text.length).toBeLessThan(8 * 1024);
  }
});

test("no error names a file of this machine or shows how the program is made", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await rm(join(dir.path, "agents"), { recursive: true, force: true });
  await writeFile(join(dir.path, "agents"), "in the way");

  const errors = await Promise.all(
    [
      client.send(KEY, "hello"),
      client.request("chat.inject", { sessionKey: KEY, message: "x" }),
      client.request("chat.history", { sessionKey: KEY, limit: -1 }),
      client.request("no.such.method"),
    ].map((call) =>
      call.then(
        () => undefined,
        (error: unknown) => JSON.stringify(error) + String(error),
      ),
    ),
  );
  const overHttp = await fetch(`${gateway.url}v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "x" }] }),
  });
  const told = `${errors.join("")}${await overHttp.text()}`;

  expect(errors.filter((error) => error === undefined)).toEqual([]);
  expect(overHttp.status).toBe(503);
  expect(told).not.toContain(dir.path);
  expect(told).not.toMatch(/\.jsonl?\b|node_modules|\.[jt]s:\d|\\n\s+at /);
});

test("text that is made to keep patterns busy is taken like any other", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const hostile = [
    `${"a".repeat(100_000)}!`,
    `${" ".repeat(100_000)}x`,
    `${"\t ".repeat(50_000)}x`,
    `${"/stop ".repeat(20_000)}x`,
    `agent:${":".repeat(100_000)}`,
  ];

  for (const [index, text] of hostile.entries()) {
    expect(await client.send(KEY, text, `run-${index}`)).toMatchObject({ status: "started" });
    expect(await client.terminal(`run-${index}`)).toMatchObject({ state: "final" });
    await expect(client.send(text.repeat(2), "x")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  }
  const content = `data:image/png;base64,${"=".repeat(100_000)}`;
  const data = { sessionKey: KEY, message: "x", idempotencyKey: "y", attachments: [{ content }] };
  await expect(client.request("chat.send", data)).rejects.toMatchObject({
    details: { code: "INVALID_ATTACHMENT" },
  });
});

test("a connection that may only read can neither write nor stop nor set", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using reader = await TestClient.connect(gateway.url, { scopes: ["operator.read"] });

  const calls: readonly (readonly [string, object])[] = [
    ["chat.send", { sessionKey: KEY, message: "x", idempotencyKey: "1" }],
    ["chat.send", { sessionKey: KEY, message: "/stop", idempotencyKey: "1" }],
    ["chat.inject", { sessionKey: KEY, message: "x" }],
    ["chat.abort", { sessionKey: KEY }],
    ["agent", { message: "x", idempotencyKey: "1" }],
    ["sessions.patch", { key: KEY, label: "x" }],
    ["sessions.reset", { key: KEY }],
    ["sessions.delete", { key: KEY }],
  ];
  for (const [method, params] of calls) {
    await expect(reader.request(method, params)).rejects.toMatchObject({ code: "FORBIDDEN" });
  }
});
