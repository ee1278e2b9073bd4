import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import type { AgentMessage } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";

async function contextOf(messages: readonly AgentMessage[]): Promise<readonly AgentMessage[]> {
  await using transcript = await openTranscript(tempSession(), { durability: "os" });
  await transcript.appendMany(messages.map((message) => ({ message })));
  return (await transcript.context("anthropic", { trailingAssistant: "keep" })).messages;
}

const text = (value: string) => ({ type: "text", text: value }) as const;
const call = (id: string) => ({ type: "toolCall", id, name: "read", arguments: {} }) as const;

test("turns of one role that follow each other are one turn", async () => {
  const messages = await contextOf([
    userMessage("one"),
    { role: "user", content: "two", timestamp: 1 },
    assistantMessage("three"),
    { ...assistantMessage("mirrored"), provider: "openclaw", model: "delivery-mirror" },
    assistantMessage("four"),
    userMessage("five"),
  ]);

  expect(messages).toMatchObject([
    { role: "user", content: [text("one"), text("two")] },
    { role: "assistant", provider: "anthropic", content: [text("three"), text("mirrored"), text("four")] },
    { role: "user", content: [text("five")] },
  ]);
});

test("a mirror that came between a call and its result is given to the model behind them", async () => {
  const messages = await contextOf([
    userMessage("one"),
    { ...assistantMessage("x"), content: [text("let me see"), call("c1")], stopReason: "toolUse" },
    { ...assistantMessage("mirrored"), provider: "openclaw" },
    {
      role: "toolResult",
      toolCallId: "c1",
      toolName: "read",
      content: [text("ok")],
      isError: false,
      timestamp: 1,
    },
  ]);

  expect(messages).toMatchObject([
    { role: "user" },
    { role: "assistant", content: [text("let me see"), call("c1")], stopReason: "toolUse" },
    { role: "toolResult" },
    { role: "assistant", content: [text("mirrored")] },
  ]);
});

test("what pi and extensions add becomes user text, and empty turns say that they are", async () => {
  const messages = await contextOf([
    {
      role: "bashExecution",
      command: "ls",
      output: "a b",
      exitCode: 0,
      cancelled: false,
      truncated: false,
      timestamp: 1,
    },
    {
      role: "bashExecution",
      command: "secret",
      output: "",
      cancelled: false,
      truncated: false,
      excludeFromContext: true,
      timestamp: 1,
    },
    { role: "custom", customType: "x", content: "note", display: true, timestamp: 1 },
    { role: "user", content: "  \n", timestamp: 1 },
    { ...assistantMessage(""), stopReason: "aborted" },
    assistantMessage("hi"),
  ]);

  expect(messages).toMatchObject([
    { role: "user", content: [text("The user ran: ls\n\na b"), text("note"), text("(empty message)")] },
    { role: "assistant", content: [text("hi")] },
  ]);
});

test("custom entries never reach a model", async () => {
  await using transcript = await openTranscript(tempSession());
  await transcript.appendCustom("session-lock.input", { text: "hidden" });
  await transcript.append(userMessage("seen"));

  const context = await transcript.context();

  expect(JSON.stringify(context)).not.toContain("hidden");
  expect(context).toMatchObject({ messages: [{ role: "user" }], thinkingLevel: "off", model: undefined });
});
