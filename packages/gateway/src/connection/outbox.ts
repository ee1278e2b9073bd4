import type { WebSocket } from "ws";
import type { Delivery } from "./hub.ts";
import { encodeEvent } from "../protocol/frames.ts";
import { DROP_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from "../protocol/limits.ts";

/** The TCP connection below a WebSocket. */
export interface Line {
  cork(): void;
  uncork(): void;
}

/** What one connection is sent: numbers its events and gives up on a reader that does not read. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #line: Line;
  readonly #onSlow: () => void;
  #seq = 0;
  #holds = false;

  constructor(socket: WebSocket, line: Line, onSlow: () => void) {
    this.#socket = socket;
    this.#line = line;
    this.#onSlow = onSlow;
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
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#onSlow();
      return;
    }
    this.#hold();
    this.#socket.send(text);
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
