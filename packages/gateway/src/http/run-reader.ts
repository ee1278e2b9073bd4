import { textOf } from "../session/message-text.ts";
import type { ChatEvent } from "../protocol/chat-event.ts";
import type { SessionBoard } from "../run/run-board.ts";
import type { TerminalEvent } from "../run/run-track.ts";

/** A reader that hears nothing for this long is given an empty piece, to show that the line is alive. */
const QUIET_MS = 15_000;

/** Follows one run from before it is accepted to its end. What nobody fetches is joined, so a slow reader costs one text. */
export class RunReader {
  readonly #unfollow: () => void;
  #unread = "";
  /** How much of the text since the last tool calls was taken in. */
  #known = 0;
  #hasSpoken = false;
  #terminal: TerminalEvent | undefined;
  #wake: () => void = () => undefined;

  constructor(board: SessionBoard, runId: string) {
    for (const event of board.run(runId)?.since(-1) ?? []) this.take(event);
    this.#unfollow = board.follow(runId, (event) => this.take(event));
  }

  /** How the run ended, as soon as it has; undefined when the signal aborts first. */
  async ended(signal: AbortSignal): Promise<TerminalEvent | undefined> {
    while (this.#terminal === undefined && !signal.aborted) await this.#news(signal);
    return this.#terminal;
  }

  /** How the run ended, if it has. */
  get terminal(): TerminalEvent | undefined {
    return this.#terminal;
  }

  take(event: ChatEvent): void {
    const text = textOf(event.message);
    if (event.state === "delta") {
      if (event.replace === true) this.#beginText();
      this.#add(text.slice(this.#known));
    } else {
      this.#terminal ??= event;
      // A run that ended before anybody listened has said it all here.
      if (event.state !== "error" && text.length > this.#known) this.#add(text.slice(this.#known));
    }
    this.#wake();
  }

  /** What the run says, piece by piece, to its end or until the signal aborts. */
  async *pieces(signal: AbortSignal): AsyncGenerator<string, void> {
    for (;;) {
      if (this.#unread !== "") {
        const piece = this.#unread;
        this.#unread = "";
        yield piece;
      } else if (this.#terminal !== undefined || signal.aborted) return;
      else if (!(await this.#news(signal))) yield "";
    }
  }

  [Symbol.dispose](): void {
    this.#unfollow();
    this.#wake();
  }

  #beginText(): void {
    if (this.#hasSpoken) this.#unread += "\n\n";
    this.#known = 0;
  }

  #add(text: string): void {
    this.#unread += text;
    this.#known += text.length;
    if (text !== "") this.#hasSpoken = true;
  }

  /** False when it stays quiet. */
  #news(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (heard: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", this.#wake);
        this.#wake = () => undefined;
        resolve(heard);
      };
      const timer = setTimeout(() => settle(false), QUIET_MS).unref();
      this.#wake = () => settle(true);
      signal.addEventListener("abort", this.#wake, { once: true });
    });
  }
}
