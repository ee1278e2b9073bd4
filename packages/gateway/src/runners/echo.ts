import { setImmediate, setTimeout } from "node:timers/promises";
import type { AgentEvent, AgentRunner, AgentRunRequest } from "./runner.ts";

const SLOW_WORD_MS = 250;

/**
 * A runner that needs no model: it answers `echo: <text>` word by word. A message that begins with `slow:` gets one
 * word each 250 ms, long enough to press stop.
 */
export function createEchoRunner(): AgentRunner {
  return { model: { api: "echo", provider: "session-lock", model: "echo" }, run: echo };
}

async function* echo({ input, signal }: AgentRunRequest): AsyncGenerator<AgentEvent> {
  const slow = input.startsWith("slow:");
  for (const text of `echo: ${input}`.split(/(?<=\s)(?=\S)/)) {
    await (slow ? setTimeout(SLOW_WORD_MS, undefined, { signal }) : setImmediate(undefined, { signal }));
    yield { type: "text", text };
  }
}
