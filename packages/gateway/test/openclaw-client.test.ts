import { GatewayClient } from "@openclaw/gateway-client";
import { validateChatInjectParams, validateChatSendParams } from "@openclaw/gateway-protocol";
import { ProtocolSchemas } from "@openclaw/gateway-protocol/schema";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { publishedChecker } from "./published-schemas.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

interface PublishedEvent {
  readonly event: string;
  readonly payload?: unknown;
}

interface ChatPayload {
  readonly runId: string;
  readonly state: string;
  readonly deltaText?: string;
  readonly message?: unknown;
}

async function connectPublishedClient(url: string): Promise<{
  client: GatewayClient;
  chats: ChatPayload[];
  untilChat: (state: string) => Promise<ChatPayload>;
}> {
  const chats: ChatPayload[] = [];
  const watchers = new Set<() => void>();
  const client = await new Promise<GatewayClient>((resolve, reject) => {
    const connecting: GatewayClient = new GatewayClient({
      url: url.replace("http:", "ws:"),
      minProtocol: 4,
      maxProtocol: 4,
      onHelloOk: () => resolve(connecting),
      onConnectError: reject,
      onEvent: ({ event, payload }: PublishedEvent) => {
        if (event === "chat") chats.push(payload as ChatPayload);
        for (const watch of watchers) watch();
      },
    });
    connecting.start();
  });
  const untilChat = (state: string): Promise<ChatPayload> =>
    new Promise((resolve) => {
      const watch = (): void => {
        const found = chats.find((chat) => chat.state === state);
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  return { client, chats, untilChat };
}

test("the published client connects, sends, and receives its deltas and one final", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const { client, chats, untilChat } = await connectPublishedClient(gateway.url);

  const ack: unknown = await client.request("chat.send", {
    sessionKey: "agent:main:main",
    message: "slow: over the wire",
    idempotencyKey: "run-1",
  });
  const final = await untilChat("final");
  const history: unknown = await client.request("chat.history", { sessionKey: "agent:main:main" });
  client.stop();

  expect(ack).toEqual({ runId: "run-1", status: "started" });
  const text = "echo: slow: over the wire";
  expect(chats.map((chat) => chat.deltaText ?? "").join("")).toBe(text);
  expect(chats.filter((chat) => chat.state !== "delta")).toEqual([final]);
  expect(final).toMatchObject({ runId: "run-1", message: { content: [{ text }] } });
  expect(history).toMatchObject({ messages: [{ role: "user" }, { role: "assistant", content: [{ text }] }] });
});

test("the published client stops a run, puts a note in and lists the session", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const { client, untilChat } = await connectPublishedClient(gateway.url);
  const sessionKey = "agent:main:main";

  await client.request("chat.send", {
    sessionKey,
    message: `slow: ${"word ".repeat(500)}`,
    idempotencyKey: "run-1",
  });
  await untilChat("delta");
  const note: unknown = await client.request("chat.inject", { sessionKey, message: "a note" });
  const stop: unknown = await client.request("chat.abort", { sessionKey, runId: "run-1" });
  const aborted = await untilChat("aborted");
  const list: unknown = await client.request("sessions.list", {});
  const subscribed: unknown = await client.request("sessions.subscribe", {});
  client.stop();

  expect(note).toMatchObject({ ok: true });
  expect(stop).toEqual({ ok: true, aborted: true, runIds: ["run-1"] });
  expect(aborted.runId).toBe("run-1");
  expect(list).toMatchObject({ sessions: [{ key: sessionKey }] });
  expect(subscribed).toEqual({ subscribed: true });
});

test("what we send is what the published schemas say", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url, { caps: ["tool-events"] });
  const checker = await publishedChecker();
  const faults = (schema: keyof typeof ProtocolSchemas, value: unknown): unknown[] => [
    ...checker.Errors(ProtocolSchemas[schema], value),
  ];

  await client.send("main", "slow: one two", "done");
  await client.terminal("done");
  await client.send("main", "tool: count this", "tools");
  await client.terminal("tools");
  await client.send("main", "slow: three four five", "stopped");
  await client.chat((event) => event.runId === "stopped");
  await client.request("chat.abort", { sessionKey: "main" });
  await client.terminal("stopped");
  await client.request("chat.inject", { sessionKey: "main", message: "note" });
  const agents = await client.request("agents.list");

  expect(faults("HelloOk", { protocol: 0 })).not.toEqual([]); // the checker can say no
  expect(faults("HelloOk", client.hello)).toEqual([]);
  expect(faults("AgentsListResult", agents)).toEqual([]);
  expect(client.frames.flatMap((frame) => faults("EventFrame", frame))).toEqual([]);
  expect(client.chats.flatMap((chat) => faults("ChatEvent", chat))).toEqual([]);
  const agentEvents = ["done", "tools", "stopped"].flatMap((runId) => client.agentOf(runId));
  expect(agentEvents.flatMap((event) => faults("AgentEvent", event))).toEqual([]);
  expect(new Set(agentEvents.map((event) => event.stream))).toEqual(
    new Set(["lifecycle", "assistant", "tool"]),
  );
  expect(new Set(client.chats.map((chat) => chat.state))).toEqual(new Set(["delta", "final", "aborted"]));
});

test("the parameters that our page and tests send are valid for the published gateway as well", () => {
  const sessionKey = "agent:main:main";

  expect(validateChatSendParams({ sessionKey, message: "hello", idempotencyKey: "run-1" })).toBe(true);
  expect(validateChatInjectParams({ sessionKey, message: "note", label: "desk" })).toBe(true);
});
