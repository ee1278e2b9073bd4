import { setImmediate, setTimeout } from "node:timers/promises";
import type { AgentMessage, UserMessage } from "@session-lock/transcript";
import { COUNT_LETTERS, countLetters, countLettersCall } from "./demo-tool.ts";
import type { AgentEvent, AgentRunner, AgentRunRequest } from "./runner.ts";

const SLOW_STEP_MS = 250;

/**
 * A runner that needs no model: it answers `echo: <text>` word by word. A message that begins with `slow:` gets one
 * word each 250 ms, long enough to press stop. One that begins with `tool:` has its words counted by a tool first, one
 * call after the other, and takes what the user says meanwhile into its answer; `tool: slow:` does both.
 */
export function createEchoRunner(): AgentRunner {
  return { model: { api: "echo", provider: "session-lock", model: "echo" }, run: echo };
}

async function* echo(request: AgentRunRequest): AsyncGenerator<AgentEvent> {
  const { input, signal } = request;
  const slow = /^(?:tool:\s*)?slow:/.test(input);
  const step = (): Promise<void> =>
    slow ? setTimeout(SLOW_STEP_MS, undefined, { signal }) : setImmediate(undefined, { signal });
  const heard = [input.trim() === "" ? picturesIn(request.messages) : input];
  if (input.startsWith("tool:")) yield* countWords(request, { step, heard });
  for (const text of piecesOf(`echo: ${heard.join(" + ")}`)) {
    await step();
    yield { type: "text", text };
  }
}

interface Pace {
  readonly step: () => Promise<void>;
  /** What the answer will repeat. */
  readonly heard: string[];
}

async function* countWords(request: AgentRunRequest, { step, heard }: Pace): AsyncGenerator<AgentEvent> {
  const { runId, input, messages, takeSteering } = request;
  const words = input.slice("tool:".length).split(/\s+/).filter(Boolean);
  for (let place = countedSoFar(messages); place < words.length; place += 1) {
    const word = words[place] ?? "";
    for (const text of piecesOf(`Counting the letters of ${word}.`)) {
      await step();
      yield { type: "text", text };
    }
    const call = countLettersCall(runId, place, word);
    yield { type: "tool-calls", calls: [call] };
    await step();
    yield { type: "tool-result", ...countLetters(call) };
    for (const { content } of await takeSteering()) heard.push(textOf(content));
  }
}

/** How far an earlier attempt at the same message came. */
function countedSoFar(messages: readonly AgentMessage[]): number {
  const asked = messages.findLastIndex((message) => message.role === "user");
  return messages
    .slice(asked + 1)
    .filter((message) => message.role === "toolResult" && message.toolName === COUNT_LETTERS).length;
}

function textOf(content: UserMessage["content"]): string {
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** A message without words is its images. */
function picturesIn(messages: readonly AgentMessage[]): string {
  const content = messages.findLast((message) => message.role === "user")?.content ?? "";
  const count = typeof content === "string" ? 0 : content.filter(({ type }) => type === "image").length;
  return count === 1 ? "1 image" : `${count} images`;
}

function piecesOf(text: string): string[] {
  return text.split(/(?<=\s)(?=\S)/);
}
