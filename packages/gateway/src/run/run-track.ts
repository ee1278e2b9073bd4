import type { ChatEvent } from "../protocol/chat-event.ts";
import { partialMessage } from "./run-events.ts";

/** The one event that ends a run. */
export type TerminalEvent = Exclude<ChatEvent, { readonly state: "delta" }>;
type DeltaEvent = Extract<ChatEvent, { readonly state: "delta" }>;

/** What one run has told so far, for those who were not there, and who listens to it. */
export class RunTrack {
  /** What was said since the last tool calls. */
  #text = "";
  /** Its deltas since then: the number of each, and how long the text was after it. */
  #marks: { readonly seq: number; readonly length: number }[] = [];
  #last: DeltaEvent | undefined;
  #terminal: TerminalEvent | undefined;
  readonly #listeners = new Set<(event: ChatEvent) => void>();

  /** How the run ended, if it did. */
  get terminal(): TerminalEvent | undefined {
    return this.#terminal;
  }

  /** Whether anybody listens. */
  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  take(event: ChatEvent): void {
    if (event.state === "delta") {
      if (event.replace === true) this.#clear();
      this.#text += event.deltaText;
      this.#marks.push({ seq: event.seq, length: this.#text.length });
      this.#last = event;
    } else {
      this.#clear();
      this.#last = undefined;
      this.#terminal = event;
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  /**
   * What a client that knows the run up to `afterSeq` has missed, in at most one event: the text since then,
   * or the terminal event. A number that the run has not had here is from another process: such a client gets
   * all there is. Undefined when the run has told nothing yet.
   */
  since(afterSeq: number): ChatEvent[] | undefined {
    const terminal = this.#terminal;
    // Only who names it has it for certain: the end is told twice rather than never.
    if (terminal !== undefined) return terminal.seq === afterSeq ? [] : [terminal];
    const last = this.#last;
    if (last === undefined) return undefined;
    if (last.seq === afterSeq) return [];
    const isOurs = afterSeq < last.seq;
    const known = isOurs ? this.#marks.findLast((mark) => mark.seq <= afterSeq)?.length : undefined;
    const { runId, sessionKey, agentId, seq } = last;
    const event = { runId, sessionKey, agentId, seq, state: "delta" as const };
    const message = partialMessage(this.#text);
    if (known !== undefined) return [{ ...event, deltaText: this.#text.slice(known), message }];
    return [{ ...event, deltaText: this.#text, message, replace: true }];
  }

  /** Calls `listener` with every event from now on. Returns the way to stop it. */
  follow(listener: (event: ChatEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Resolves with the terminal event, which may have been long ago; undefined when the signal aborts first.
   */
  async untilTerminal(signal: AbortSignal): Promise<TerminalEvent | undefined> {
    if (this.#terminal !== undefined || signal.aborted) return this.#terminal;
    return new Promise((resolve) => {
      const settle = (event?: TerminalEvent): void => {
        unfollow();
        signal.removeEventListener("abort", onAbort);
        resolve(event);
      };
      const onAbort = (): void => settle();
      const unfollow = this.follow((event) => {
        if (event.state !== "delta") settle(event);
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #clear(): void {
    this.#text = "";
    this.#marks = [];
  }
}
