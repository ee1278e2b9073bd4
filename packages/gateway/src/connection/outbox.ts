import type { WebSocket } from "ws";
import type { Delivery } from "./hub.ts";
import { encodeEvent } from "../protocol/frames.ts";
import {
  CLOSE_BUFFERED_BYTES,
  DROP_BUFFERED_BYTES,
  MAX_BUFFERED_BYTES,
  SLOW_CONSUMER_GRACE_MS,
} from "../protocol/limits.ts";

/** In so many steps the time of a slow reader is given to it. */
const GRACE_STEPS = 50;

/** The TCP connection below a WebSocket. */
export interface Line {
  cork(): void;
  uncork(): void;
}

/**
 * What one connection is sent: numbers its events and gives up on a reader that does not read. One that has too much
 * before it is given time: after a burst it may well catch up.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #line: Line;
  readonly #onSlow: () => void;
  #seq = 0;
  #holds = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, line: Line, onSlow: () => void) {
    this.#socket = socket;
    this.#line = line;
    this.#onSlow = onSlow;
    socket.once("close", () => clearTimeout(this.#grace));
  }

  frame(frame: object): void {
    this.#send(JSON.stringify(frame));
  }

  /** The number is given after the decision to send, so that leaving one out makes no gap. */
  event(event: string, payloadJson: string, delivery: Delivery): void {
    if (delivery === "droppable" && this.#socket.bufferedAmount > DROP_BUFFERED_BYTES) return;
    this.#seq += 1;
    this.#send(encodeEvent(event, payloadJson, this.#seq));
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount > CLOSE_BUFFERED_BYTES) {
      this.#onSlow();
      return;
    }
    if (bufferedAmount > MAX_BUFFERED_BYTES) this.#grace ??= this.#giveTime(GRACE_STEPS);
    this.#hold();
    this.#socket.send(text);
  }

  /**
   * In steps, of which each counts once however late it comes: while this process has no time to write, nobody can read.
   */
  #giveTime(steps: number): NodeJS.Timeout {
    return setTimeout(() => {
      const isBehind = this.#socket.bufferedAmount > MAX_BUFFERED_BYTES;
      if (isBehind && steps === 1) this.#onSlow();
      this.#grace = isBehind && steps > 1 ? this.#giveTime(steps - 1) : undefined;
    }, SLOW_CONSUMER_GRACE_MS / GRACE_STEPS).unref();
  }

  /** An event and the answer after it leave in one system call: it is what sending mostly costs. */
  #hold(): void {
    if (this.#holds) return;
    this.#holds = true;
    this.#line.cork();
    process.nextTick(() => {
      this.#holds = false;
      this.#line.uncork();
    });
  }
}
