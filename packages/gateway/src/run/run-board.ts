import type { ChatEvent } from "../protocol/chat.ts";
import { partialMessage } from "./run-events.ts";

/** The one event that ends a run. */
export type TerminalEvent = Exclude<ChatEvent, { readonly state: "delta" }>;
type DeltaEvent = Extract<ChatEvent, { readonly state: "delta" }>;

/** Runs that have ended and are remembered. */
const MAX_ENDED_RUNS = 1_000;

/** What a run has told so far. */
interface Track {
  /** What was said since the last tool calls. */
  text: string;
  /** Its deltas since then: the number of each, and how long the text was after it. */
  marks: { readonly seq: number; readonly length: number }[];
  last: DeltaEvent | undefined;
  terminal: TerminalEvent | undefined;
  readonly listeners: Set<(event: ChatEvent) => void>;
}

/** Remembers what runs have told, for those who were not there, and tells those who wait for one. */
export class RunBoard {
  readonly #tracks = new Map<string, Track>();
  /** The ids of those that ended; the one that ended first comes first. */
  readonly #ended = new Set<string>();
  readonly #onEnded: (event: TerminalEvent) => void;

  /** `onEnded` is told of every terminal event. */
  constructor(onEnded: (event: TerminalEvent) => void = () => undefined) {
    this.#onEnded = onEnded;
  }

  /** Takes an event of a run in. */
  told(event: ChatEvent): void {
    const track = this.#track(event.runId);
    if (event.state === "delta") {
      if (event.replace === true) Object.assign(track, { text: "", marks: [] });
      track.text += event.deltaText;
      track.marks.push({ seq: event.seq, length: track.text.length });
      track.last = event;
    } else {
      Object.assign(track, { text: "", marks: [], last: undefined, terminal: event });
      this.#ended.add(event.runId);
      this.#forgetOldest();
      this.#onEnded(event);
    }
    for (const listener of [...track.listeners]) listener(event);
  }

  /** How a run ended, if it did and is remembered. */
  terminal(runId: string): TerminalEvent | undefined {
    return this.#tracks.get(runId)?.terminal;
  }

  /**
   * What a client that knows a run up to `afterSeq` has missed, in at most one event: the text since then, or the
   * terminal event. Undefined when nothing is known of the run.
   */
  since(runId: string, afterSeq: number): ChatEvent[] | undefined {
    const track = this.#tracks.get(runId);
    if (track === undefined) return undefined;
    const { text, marks, last, terminal } = track;
    if (terminal !== undefined) return terminal.seq > afterSeq ? [terminal] : [];
    if (last === undefined || last.seq <= afterSeq) return [];
    const known = marks.findLast((mark) => mark.seq <= afterSeq)?.length;
    const { runId: name, sessionKey, agentId, seq } = last;
    const event = { runId: name, sessionKey, agentId, seq, state: "delta" as const };
    const message = partialMessage(text);
    if (known !== undefined) return [{ ...event, deltaText: text.slice(known), message }];
    return [{ ...event, deltaText: text, message, replace: true }];
  }

  /** Calls `listener` with every event of a run from now on. Returns the way to stop it. */
  follow(runId: string, listener: (event: ChatEvent) => void): () => void {
    const track = this.#track(runId);
    track.listeners.add(listener);
    return () => {
      track.listeners.delete(listener);
      const isUnheard = track.last === undefined && track.terminal === undefined;
      if (isUnheard && track.listeners.size === 0) this.#tracks.delete(runId);
    };
  }

  /** Resolves with the run's terminal event, which may have been long ago; undefined when the signal aborts first. */
  async untilTerminal(runId: string, signal: AbortSignal): Promise<TerminalEvent | undefined> {
    const known = this.terminal(runId);
    if (known !== undefined || signal.aborted) return known;
    return new Promise((resolve) => {
      const settle = (event?: TerminalEvent): void => {
        unfollow();
        signal.removeEventListener("abort", onAbort);
        resolve(event);
      };
      const onAbort = (): void => settle();
      const unfollow = this.follow(runId, (event) => {
        if (event.state !== "delta") settle(event);
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #track(runId: string): Track {
    const known = this.#tracks.get(runId);
    if (known !== undefined) return known;
    const track: Track = { text: "", marks: [], last: undefined, terminal: undefined, listeners: new Set() };
    this.#tracks.set(runId, track);
    return track;
  }

  #forgetOldest(): void {
    if (this.#ended.size <= MAX_ENDED_RUNS) return;
    const [oldest = ""] = this.#ended;
    this.#ended.delete(oldest);
    this.#tracks.delete(oldest);
  }
}
