import type { AssistantMessage, TextContent, ToolResultMessage, UserMessage } from "../message.ts";
import type { ModelMessage } from "./model-message.ts";
import type { ChangeLog } from "./change-log.ts";
import { CONTINUE, CONVERSATION_OPENED, TURN_ENDED } from "./fixed-text.ts";
import { Merger } from "./merging.ts";
import type { ProfileRules } from "./profile.ts";
import { NO_USAGE } from "./read-assistant.ts";
import type { Reader } from "./reader.ts";

/** What to do about an assistant turn at the end, where the provider wants an input to answer. */
export type TrailingAssistant = "bridge" | "strip" | "keep";

/** Puts messages in a row in which each may follow the one before it. Results come right after their calls. */
export class Arrangement {
  readonly #rules: ProfileRules;
  readonly #log: ChangeLog;
  readonly #merger: Merger;
  readonly #messages: ModelMessage[] = [];
  #lastAssistant: AssistantMessage | undefined;
  #merged: AssistantMessage | undefined;

  constructor({ rules, log, target }: Reader) {
    this.#rules = rules;
    this.#log = log;
    this.#merger = new Merger(target);
  }

  add(message: ModelMessage, entryId: string | undefined): void {
    const before = this.#messages.at(-1);
    switch (message.role) {
      case "user":
        this.#addUser(message, before, entryId);
        break;
      case "assistant":
        this.#addAssistant(message, before, entryId);
        break;
      case "toolResult":
        this.#messages.push(message);
        break;
    }
  }

  /** The messages, with an end that the provider can answer. */
  finish(trailing: TrailingAssistant): ModelMessage[] {
    const last = this.#messages.at(-1);
    if (!this.#rules.endsWithInput || last?.role !== "assistant" || trailing === "keep")
      return this.#messages;
    if (trailing === "bridge") {
      this.#log.add("C10", "added", undefined, "a user turn for the model to answer");
      this.#messages.push(userTurn(CONTINUE, last.timestamp));
      return this.#messages;
    }
    this.#log.add("C10", "dropped", undefined, "the assistant turns at the end");
    while (this.#messages.at(-1)?.role === "assistant") this.#messages.pop();
    return this.#messages;
  }

  #addUser(message: UserMessage, before: ModelMessage | undefined, entryId: string | undefined): void {
    if (before?.role === "user" && this.#rules.alternation !== "free") {
      this.#log.add("C11", "merged", entryId, "joined to the user turn before it");
      this.#messages[this.#messages.length - 1] = this.#merger.users(before, message);
      return;
    }
    if (before?.role === "toolResult" && this.#rules.assistantAfterResult) {
      this.#log.add("P3", "added", entryId, "an assistant turn between a tool result and the user");
      this.#messages.push(this.#bridge(before));
    }
    this.#messages.push(message);
  }

  #addAssistant(
    message: AssistantMessage,
    before: ModelMessage | undefined,
    entryId: string | undefined,
  ): void {
    if (before === undefined && this.#rules.startsWithUser) {
      this.#log.add("C1", "added", entryId, "a user turn in front of the first one");
      this.#messages.push(userTurn(CONVERSATION_OPENED, message.timestamp));
    }
    if (before?.role === "assistant" && this.#rules.alternation !== "free") {
      // A merged turn has no signature: it would have been kept apart.
      if ((before === this.#merged || !isSigned(before)) && !isSigned(message)) {
        this.#log.add("C11", "merged", entryId, "joined to the assistant turn before it");
        this.#merged = this.#merger.assistants(before, message);
        this.#lastAssistant = this.#merged;
        this.#messages[this.#messages.length - 1] = this.#merged;
        return;
      }
      // A signature stands for the turn it was given in: such turns are kept apart.
      if (this.#rules.alternation === "strict") {
        this.#log.add("C11", "added", entryId, "a user turn between two signed assistant turns");
        this.#messages.push(userTurn(CONTINUE, before.timestamp));
      }
    }
    this.#messages.push(message);
    this.#lastAssistant = message;
  }

  #bridge({ timestamp }: ToolResultMessage): AssistantMessage {
    const { api = "", provider = "", model = "" } = this.#lastAssistant ?? {};
    const content: TextContent[] = [{ type: "text", text: TURN_ENDED }];
    return {
      role: "assistant",
      content,
      api,
      provider,
      model,
      usage: NO_USAGE,
      stopReason: "stop",
      timestamp,
    };
  }
}

function userTurn(text: string, timestamp: number): UserMessage {
  return { role: "user", content: text, timestamp };
}

function isSigned({ content }: AssistantMessage): boolean {
  return content.some((block) => block.type === "thinking" && block.thinkingSignature !== undefined);
}
