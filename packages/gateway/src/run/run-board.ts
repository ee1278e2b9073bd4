import type { ChatEvent } from "../protocol/chat-event.ts";
import { textOf } from "../session/message-text.ts";
import { RunTrack, type TerminalEvent } from "./run-track.ts";

/** Runs that have ended and are remembered, and the length of their answers; of the others the transcripts tell. */
const MAX_ENDED_RUNS = 1_000;
const MAX_ENDED_CHARS = 16 * 1024 * 1024;

/**
 * The runs of one session. A run id is a key that clients choose: in another session it names another run.
 */
export interface SessionBoard {
  /** From now on the run is the latest one of its id. */
  began(runId: string): void;
  /** Takes an event of a run in. */
  told(event: ChatEvent): void;
  /** What a run has told; undefined when it is not known here, or forgotten. */
  run(runId: string): RunTrack | undefined;
  /**
   * Calls `listener` with every event of a run from now on, also of one that is yet to begin. Returns the way
   * to stop it.
   */
  follow(runId: string, listener: (event: ChatEvent) => void): () => void;
}

/** A run on the board. */
interface Row {
  readonly name: string;
  readonly runId: string;
  readonly track: RunTrack;
  isBegun: boolean;
  /** Length of its answer, when it has ended. */
  chars: number;
}

/** Remembers what runs have told, and tells those who wait for one. */
export class RunBoard {
  readonly #rows = new Map<string, Row>();
  /** Of each run id the run that began last, in whichever session. */
  readonly #latest = new Map<string, Row>();
  /** Those that ended; the one that ended first comes first. */
  readonly #ended = new Set<Row>();
  #endedChars = 0;
  /** Who waits for a run id that is not known yet. */
  readonly #awaiting = new Map<string, Set<() => void>>();
  readonly #onEnded: (event: TerminalEvent) => void;

  /** `onEnded` is told of every terminal event. */
  constructor(onEnded: (event: TerminalEvent) => void = () => undefined) {
    this.#onEnded = onEnded;
  }

  /**
   * The runs of a session, by the id of its transcript: a session key may stand for another session tomorrow.
   */
  of(sessionId: string): SessionBoard {
    const nameOf = (runId: string): string => `${sessionId}/${runId}`; // no session id has a slash
    return {
      began: (runId) => this.#begin(this.#row(nameOf(runId), runId)),
      told: (event) => this.#told(this.#row(nameOf(event.runId), event.runId), event),
      run: (runId) => this.#rows.get(nameOf(runId))?.track,
      follow: (runId, listener) => this.#follow(this.#row(nameOf(runId), runId), listener),
    };
  }

  /** The run that began last under that id, in whichever session; undefined when none is known. */
  latest(runId: string): RunTrack | undefined {
    return this.#latest.get(runId)?.track;
  }

  /**
   * Resolves with the latest run of that id, as soon as there is one; undefined when the signal aborts first.
   */
  async untilBegun(runId: string, signal: AbortSignal): Promise<RunTrack | undefined> {
    const known = this.latest(runId);
    if (known !== undefined || signal.aborted) return known;
    return new Promise((resolve) => {
      const waiters = this.#awaiting.get(runId) ?? new Set();
      this.#awaiting.set(runId, waiters);
      const settle = (): void => {
        waiters.delete(settle);
        if (waiters.size === 0 && this.#awaiting.get(runId) === waiters) this.#awaiting.delete(runId);
        signal.removeEventListener("abort", settle);
        resolve(this.latest(runId));
      };
      waiters.add(settle);
      signal.addEventListener("abort", settle, { once: true });
    });
  }

  #begin(row: Row): void {
    row.isBegun = true;
    this.#latest.set(row.runId, row);
    for (const settle of [...(this.#awaiting.get(row.runId) ?? [])]) settle();
  }

  #told(row: Row, event: ChatEvent): void {
    row.track.take(event);
    if (event.state === "delta") return;
    this.#ended.add(row);
    this.#endedChars -= row.chars;
    row.chars = textOf(event.message).length;
    this.#endedChars += row.chars;
    while (this.#ended.size > MAX_ENDED_RUNS || this.#endedChars > MAX_ENDED_CHARS) this.#forgetOldest();
    this.#onEnded(event);
  }

  #follow(row: Row, listener: (event: ChatEvent) => void): () => void {
    const unfollow = row.track.follow(listener);
    return () => {
      unfollow();
      if (!row.isBegun && !row.track.isFollowed) this.#rows.delete(row.name);
    };
  }

  #row(name: string, runId: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row: Row = { name, runId, track: new RunTrack(), isBegun: false, chars: 0 };
    this.#rows.set(name, row);
    return row;
  }

  #forgetOldest(): void {
    const [oldest] = this.#ended;
    if (oldest === undefined) return;
    this.#ended.delete(oldest);
    this.#endedChars -= oldest.chars;
    this.#rows.delete(oldest.name);
    if (this.#latest.get(oldest.runId) === oldest) this.#latest.delete(oldest.runId);
  }
}
