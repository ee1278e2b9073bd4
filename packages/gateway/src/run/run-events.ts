import type { AgentStreamEvent } from "../protocol/agent-event.ts";
import type { ChatEvent } from "../protocol/chat-event.ts";
import type { AgentToolCall, AgentToolResult } from "../runners/runner.ts";

/** Where the events of a run go. */
export interface RunAudience {
  readonly sessionKey: string;
  readonly agentId: string;
  /** Sends an event of the run to everybody who reads along. */
  publish(event: ChatEvent): void;
  publishAgent(event: AgentStreamEvent): void;
}

/** What an event tells beside the run's name and place. */
type ChatNews = Untold<ChatEvent, "runId" | "sessionKey" | "agentId" | "seq">;
/** What ends a run. */
export type TerminalNews = Exclude<ChatNews, { readonly state: "delta" }>;
type AgentNews = Untold<AgentStreamEvent, "runId" | "seq" | "ts">;
type Untold<E, K extends PropertyKey> = E extends unknown ? Omit<E, K> : never;

/** Says what one run does, numbering its events: `chat` for every client, `agent` for those who want more. */
export class RunEvents {
  readonly #runId: string;
  readonly #audience: RunAudience;
  #chatSeq = 0;
  #agentSeq = 0;
  #replaces = false;

  constructor(runId: string, audience: RunAudience) {
    this.#runId = runId;
    this.#audience = audience;
  }

  /**
   * Goes on with a run that another process may have told of: with a new text, and numbers that are greater
   * than those. A process that begins a run counts from 0 and tells less than one event a millisecond, so the
   * time is greater. Where the clock was put back, a reader that is told again of what it knows is all that
   * comes of it.
   */
  goOn(): void {
    const now = Date.now();
    this.#chatSeq = Math.max(this.#chatSeq, now);
    this.#agentSeq = Math.max(this.#agentSeq, now);
    this.#replaces = true;
  }

  started(): void {
    this.#agent({ stream: "lifecycle", data: { phase: "start", sessionKey: this.#audience.sessionKey } });
  }

  delta(deltaText: string, text: string): void {
    const replace = this.#replaces ? { replace: true } : {};
    this.#replaces = false;
    this.#chat({ state: "delta", deltaText, message: partialMessage(text), ...replace });
    this.#agent({ stream: "assistant", data: { text, delta: deltaText } });
  }

  /** What was said so far is in the transcript with the calls that followed it; the next text begins anew. */
  textStored(): void {
    this.#replaces = true;
    this.delta("", "");
  }

  toolStarted({ id, name, arguments: args }: AgentToolCall): void {
    this.#agent({ stream: "tool", data: { phase: "start", toolCallId: id, name, args: { ...args } } });
  }

  toolEnded({ id, name }: AgentToolCall, { text, isError }: AgentToolResult): void {
    this.#agent({ stream: "tool", data: { phase: "result", toolCallId: id, name, isError, result: text } });
  }

  /** The run's last event; the caller sees to it that there is one. */
  ended(news: TerminalNews): void {
    this.#chat(news);
    const { sessionKey } = this.#audience;
    const failure =
      news.state === "error"
        ? { phase: "error" as const, error: news.errorMessage }
        : { phase: "end" as const };
    this.#agent({ stream: "lifecycle", data: { ...failure, sessionKey } });
  }

  #chat(news: ChatNews): void {
    const { sessionKey, agentId } = this.#audience;
    this.#audience.publish({ runId: this.#runId, sessionKey, agentId, seq: this.#chatSeq++, ...news });
  }

  #agent(news: AgentNews): void {
    this.#audience.publishAgent({ runId: this.#runId, seq: this.#agentSeq++, ts: Date.now(), ...news });
  }
}

/** A message of the assistant that is not stored yet. */
export function partialMessage(text: string): object {
  return { role: "assistant", content: [{ type: "text", text }], timestamp: Date.now() };
}
