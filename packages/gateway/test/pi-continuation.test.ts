import { join } from "node:path";
import { SessionManager } from "@mariozechner/pi-coding-agent";
import { openSessionStore, type AssistantMessage } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { forkPoints, readEntries } from "./transcript-file.ts";

type PiMessage = Parameters<SessionManager["appendMessage"]>[0];

const KEY = "agent:main:from-pi";

function answer(content: AssistantMessage["content"], stopReason: AssistantMessage["stopReason"]): PiMessage {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2, cost };
  const model = { api: "anthropic-messages", provider: "anthropic", model: "some-model" };
  return {
    role: "assistant",
    content: [...content],
    ...model,
    usage,
    stopReason,
    timestamp: Date.now(),
  } as PiMessage;
}

/** The text of each message; undefined for one that begins with something else. */
function textsOf(messages: readonly object[]): unknown[] {
  return messages.map((message) => {
    const content: unknown = "content" in message ? message.content : undefined;
    return Array.isArray(content) ? (content as { text?: string }[])[0]?.text : content;
  });
}

test("a session that pi has written is continued through the gateway and read back by pi, every message in place", async () => {
  await using dir = await temporaryStateDir();
  const pi = SessionManager.create(dir.path, join(dir.path, "pi"));
  pi.appendModelChange("anthropic", "some-model");
  pi.appendMessage({ role: "user", content: "list the files", timestamp: Date.now() });
  pi.appendMessage(
    answer([{ type: "toolCall", id: "call_1", name: "bash", arguments: { command: "ls" } }], "toolUse"),
  );
  pi.appendMessage({
    role: "toolResult",
    toolCallId: "call_1",
    toolName: "bash",
    content: [{ type: "text", text: "a.txt" }],
    isError: false,
    timestamp: Date.now(),
  });
  pi.appendMessage(answer([{ type: "text", text: "There is a.txt." }], "stop"));
  const sessionFile = pi.getSessionFile() ?? "";
  const written = await readEntries(sessionFile);
  const store = openSessionStore(storePathOf(dir.path));
  await store.update(KEY, () => ({ sessionId: pi.getSessionId(), sessionFile }));

  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const before = await client.request("chat.history", { sessionKey: KEY });
  await client.send(KEY, "thank you", "run-1");
  await client.terminal("run-1");
  await client.request("chat.inject", { sessionKey: KEY, message: "a note" });

  expect(before).toMatchObject({ sessionId: pi.getSessionId(), totalMessages: 4 });
  const continued = await readEntries(sessionFile);
  expect(continued.slice(0, written.length)).toEqual(written);
  expect(forkPoints(continued)).toEqual([]);
  const readBack = SessionManager.open(sessionFile);
  expect(readBack.getSessionId()).toBe(pi.getSessionId());
  const { messages } = readBack.buildSessionContext();
  expect(messages.map((message) => message.role)).toEqual([
    "user",
    "assistant",
    "toolResult",
    "assistant",
    "user",
    "assistant",
    "assistant",
  ]);
  expect(textsOf(messages)).toEqual([
    "list the files",
    undefined,
    "a.txt",
    "There is a.txt.",
    "thank you",
    "echo: thank you",
    "a note",
  ]);
});

test("pi goes on where the gateway stopped, and the gateway goes on after it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send(KEY, "from the gateway", "run-1");
  await client.terminal("run-1");
  const record = await openSessionStore(storePathOf(dir.path)).get(KEY);
  const sessionFile = record?.sessionFile ?? "";

  await withSessionWriteLock(sessionFile, () => {
    const pi = SessionManager.open(sessionFile);
    pi.appendMessage({ role: "user", content: "from pi", timestamp: Date.now() });
    pi.appendMessage(answer([{ type: "text", text: "pi answers" }], "stop"));
  });
  await client.send(KEY, "from the gateway again", "run-2");
  await client.terminal("run-2");
  const history = await client.request("chat.history", { sessionKey: KEY });

  expect(textsOf(history["messages"] as object[])).toEqual([
    "from the gateway",
    "echo: from the gateway",
    "from pi",
    "pi answers",
    "from the gateway again",
    "echo: from the gateway again",
  ]);
  expect(forkPoints(await readEntries(sessionFile))).toEqual([]);
});
