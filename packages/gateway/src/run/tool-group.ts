import { randomBytes } from "node:crypto";
import type { AgentMessage, ToolResultMessage } from "@session-lock/transcript";
import { toolCallMessage, toolResultMessage } from "../session/messages.ts";
import type { AgentRunner, AgentToolCall, AgentToolResult } from "../runners/runner.ts";
import type { Said } from "./said.ts";

/** What the model reads in place of a result that never came. */
const NOT_ENDED = "The run ended before this tool did.";

/** Calls of one model turn and their results, which go into the transcript together. */
export class ToolGroup {
  /** Part of its rows' keys. New each time: a later attempt at the same input makes calls of its own. */
  readonly name = randomBytes(6).toString("hex");
  /** What the assistant thought and said before the calls. */
  readonly said: Said;
  readonly calls: readonly AgentToolCall[];
  readonly #results = new Map<string, ToolResultMessage>();

  /** Throws when two calls share an id, or there is none. */
  constructor(said: Said, calls: readonly AgentToolCall[]) {
    this.said = said;
    this.calls = calls;
    if (calls.length === 0 || new Set(calls.map(({ id }) => id)).size !== calls.length) {
      throw new Error("the runner's tool calls need ids of their own");
    }
  }

  /** Whether every call has its result. */
  get complete(): boolean {
    return this.#results.size === this.calls.length;
  }

  /** Takes a result in; returns the call it answers. Throws when there is none that waits for it. */
  answer(result: AgentToolResult): AgentToolCall {
    const call = this.calls.find(({ id }) => id === result.toolCallId);
    if (call === undefined || this.#results.has(call.id)) {
      throw new Error(`the runner gave a result that no tool call waits for: ${result.toolCallId}`);
    }
    this.#results.set(call.id, toolResultMessage(call, result, Date.now()));
    return call;
  }

  /** The rows of the group, results in the order of the calls; a call without a result gets one that says so. */
  rows(model: AgentRunner["model"]): readonly AgentMessage[] {
    const now = Date.now();
    const results = this.calls.map((call) => {
      const unanswered = { toolCallId: call.id, text: NOT_ENDED, isError: true };
      return this.#results.get(call.id) ?? toolResultMessage(call, unanswered, now);
    });
    return [toolCallMessage(this.said, this.calls, model, now), ...results];
  }
}
