import type { WebSocket } from "ws";
import type { Delivery } from "./hub.ts";
import { encodeEvent } from "./protocol/frames.ts";
import { DROP_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from "./protocol/limits.ts";

/** What one connection is sent: numbers its events and gives up on a reader that does not read. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #onSlow: () => void;
  #seq = 0;

  constructor(socket: WebSocket, onSlow: () => void) {
    this.#socket = socket;
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
    this.#socket.send(text);
  }
}
