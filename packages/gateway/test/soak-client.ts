import { once } from "node:events";
import { WebSocket } from "ws";
import { openedBy } from "../src/session/message-text.ts";
import { connectParams } from "./client.ts";

type Answer = Readonly<Record<string, unknown>>;

/** A connection that keeps nothing of what it is sent but what it is told to look at. */
export class SoakClient {
  readonly #socket: WebSocket;
  readonly #calls = new Map<string, { resolve(answer: Answer): void; reject(error: Error): void }>();
  readonly #onTerminal: (runId: string) => void;
  #count = 0;

  private constructor(socket: WebSocket, onTerminal: (runId: string) => void) {
    this.#socket = socket;
    this.#onTerminal = onTerminal;
    socket.on("message", (data: Buffer) => this.#receive(data.toString()));
    socket.on("error", () => undefined); // the close event follows
    socket.on("close", () => {
      for (const call of this.#calls.values()) call.reject(new Error("closed"));
      this.#calls.clear();
    });
  }

  static async connect(
    url: string,
    onTerminal: (runId: string) => void = () => undefined,
  ): Promise<SoakClient> {
    const socket = new WebSocket(url.replace("http:", "ws:"));
    await once(socket, "message");
    const client = new SoakClient(socket, onTerminal);
    await client.request("connect", connectParams());
    return client;
  }

  /** Rejects with `closed` when the connection ends first, and with the code of a refusal. */
  request(method: string, params: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new Error("closed"));
        return;
      }
      const id = `${(this.#count += 1)}`;
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Hangs up in the middle of whatever is under way. */
  cut(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    const frame = openedBy(JSON.parse(text));
    const payload = openedBy(frame["payload"]);
    if (frame["event"] === "chat" && payload["state"] !== "delta") this.#onTerminal(String(payload["runId"]));
    if (frame["type"] !== "res") return;
    const id = String(frame["id"]);
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (frame["ok"] === true) call?.resolve(payload);
    else call?.reject(new Error(String(openedBy(frame["error"])["code"])));
  }
}
