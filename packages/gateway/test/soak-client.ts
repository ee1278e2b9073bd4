import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
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
    const socket = await greeted(url.replace("http:", "ws:"));
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

/**
 * A socket whose challenge has come. Fifty clients that come in one instant are more than may be unknown at the same time:
 * those that are told to come again do so, as every client does.
 */
async function greeted(url: string): Promise<WebSocket> {
  for (;;) {
    const socket = new WebSocket(url);
    const retryAfterS = await Promise.race([
      once(socket, "message").then(() => undefined),
      once(socket, "unexpected-response").then(([, response]: unknown[]) => retryAfterOf(response)),
    ]);
    if (retryAfterS === undefined) return socket;
    socket.terminate();
    await sleep(retryAfterS * 1_000);
  }
}

function retryAfterOf(response: unknown): number {
  if (!(response instanceof IncomingMessage)) throw new TypeError("not a response");
  if (response.statusCode === 429) return Number(response.headers["retry-after"]);
  throw new Error(`refused: ${response.statusCode ?? 0}`);
}
