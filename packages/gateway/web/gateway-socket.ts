import { asNumber, asRecord, asText } from "./fields.ts";

/**
 * The connection as a person needs to know it:
 * `connecting` → `online` → `offline` (a retry is scheduled) → `connecting` …;
 * `refused` when trying again by itself cannot help: the person has to do something first;
 * `held-off` → `connecting` when it helps only after `untilMs`, which the page waits for by itself.
 */
export type Connection =
  | { readonly kind: "connecting" | "online" }
  | { readonly kind: "offline"; readonly reason: string }
  | { readonly kind: "held-off"; readonly untilMs: number; readonly reason: string }
  | { readonly kind: "refused"; readonly needsToken: boolean; readonly reason: string };

/** A request that got no result: `OFFLINE` and `TIMEOUT` leave open whether the gateway acted on it. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: "OFFLINE" | "TIMEOUT" | "REFUSED";
  /** The gateway's own code for a refusal, where it gives one. */
  readonly detail: string | undefined;
  /** After how long it is worth another attempt, where the gateway says so. */
  readonly retryAfterMs: number | undefined;

  constructor(code: "OFFLINE" | "TIMEOUT" | "REFUSED", message: string, detail?: string, retryMs?: number) {
    super(message);
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryMs;
  }
}

export interface GatewaySocketOptions {
  /** The gateway's address, `ws:` or `wss:`. */
  readonly url: string;
  /** Asked at every attempt, so that a token given later is used by the next one. */
  readonly token: () => string | undefined;
  readonly onConnection: (connection: Connection) => void;
  readonly onEvent: (event: string, payload: unknown) => void;
  /** Events were missed: what they said has to be asked for. */
  readonly onGap: () => void;
}

interface Waiting {
  readonly settle: (payload: unknown) => void;
  readonly fail: (error: RequestError) => void;
}

const HANDSHAKE_MS = 15_000;
const REQUEST_MS = 30_000;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 10_000;

/** Speaks the gateway protocol over one socket, and opens the next one when it breaks. */
export class GatewaySocket {
  readonly #options: GatewaySocketOptions;
  readonly #waiting = new Map<string, Waiting>();
  #socket: WebSocket | undefined;
  #isOnline = false;
  #isClosed = false;
  #attempts = 0;
  #requests = 0;
  #lastSeq: number | undefined;
  #silenceMs = 60_000;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GatewaySocketOptions) {
    this.#options = options;
  }

  /** Opens a socket now instead of waiting for the next attempt. Does nothing while one is open. */
  connect(): void {
    clearTimeout(this.#retryTimer);
    if (this.#isClosed || this.#socket !== undefined) return;
    this.#options.onConnection({ kind: "connecting" });
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    this.#lastSeq = undefined;
    this.#expect(HANDSHAKE_MS);
    socket.addEventListener("message", (message) => {
      if (this.#socket === socket) this.#receive(String(message.data));
    });
    socket.addEventListener("close", (closed) => {
      if (this.#socket === socket) this.#lost(closed.reason);
    });
  }

  /**
   * Sends a request and resolves with its payload.
   * @throws RequestError `OFFLINE` at once without a connection or when it breaks, `TIMEOUT` after 30 s, `REFUSED`.
   */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (!this.#isOnline)
      return Promise.reject(new RequestError("OFFLINE", "There is no connection to the gateway."));
    return this.#ask(method, params, REQUEST_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#drop("The page was closed.");
    clearTimeout(this.#retryTimer);
  }

  #ask(method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    this.#requests += 1;
    const id = String(this.#requests);
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        fail(new RequestError("TIMEOUT", `The gateway did not answer within ${timeoutMs / 1000} seconds.`));
      }, timeoutMs);
      this.#waiting.set(id, {
        settle: (payload) => {
          clearTimeout(timer);
          settle(payload);
        },
        fail: (error) => {
          clearTimeout(timer);
          fail(error);
        },
      });
      this.#socket?.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  #receive(data: string): void {
    const frame = asRecord(parseJson(data));
    this.#expect(this.#isOnline ? this.#silenceMs : HANDSHAKE_MS);
    if (frame["type"] === "res") {
      this.#answer(asText(frame["id"]) ?? "", frame);
      return;
    }
    const event = asText(frame["event"]) ?? "";
    if (event === "connect.challenge") {
      this.#handshake();
      return;
    }
    const seq = asNumber(frame["seq"]);
    const hasGap = seq !== undefined && this.#lastSeq !== undefined && seq > this.#lastSeq + 1;
    this.#lastSeq = seq ?? this.#lastSeq;
    this.#options.onEvent(event, frame["payload"]);
    if (hasGap) this.#options.onGap();
  }

  #answer(id: string, frame: Readonly<Record<string, unknown>>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (frame["ok"] === true) {
      waiting?.settle(frame["payload"]);
      return;
    }
    const error = asRecord(frame["error"]);
    const message = asText(error["message"]) ?? "The gateway refused the request without saying why.";
    const detail = asText(asRecord(error["details"])["code"]);
    waiting?.fail(new RequestError("REFUSED", message, detail, asNumber(error["retryAfterMs"])));
  }

  #handshake(): void {
    const token = this.#options.token();
    const hello = {
      minProtocol: 3,
      maxProtocol: 4,
      client: { id: "webchat-ui", version: "1", platform: "web", mode: "webchat" },
      role: "operator",
      scopes: ["operator.read", "operator.write", "operator.admin"],
      caps: [],
      ...(token === undefined ? {} : { auth: { token } }),
    };
    this.#ask("connect", hello, HANDSHAKE_MS).then(
      (payload) => {
        const tickMs = asNumber(asRecord(asRecord(payload)["policy"])["tickIntervalMs"]) ?? 30_000;
        this.#silenceMs = tickMs * 2;
        this.#attempts = 0;
        this.#isOnline = true;
        this.#expect(this.#silenceMs);
        this.#options.onConnection({ kind: "online" });
      },
      (error: unknown) => this.#refused(error),
    );
  }

  #refused(error: unknown): void {
    if (!(error instanceof RequestError) || error.code !== "REFUSED") {
      this.#lost("The gateway did not finish the handshake.");
      return;
    }
    const { message: reason, detail, retryAfterMs } = error;
    this.#drop(reason);
    if (retryAfterMs === undefined) {
      const needsToken = detail?.startsWith("AUTH_TOKEN") === true;
      this.#options.onConnection({ kind: "refused", needsToken, reason });
      return;
    }
    this.#retryTimer = setTimeout(() => this.connect(), retryAfterMs);
    this.#options.onConnection({ kind: "held-off", untilMs: Date.now() + retryAfterMs, reason });
  }

  #lost(reason: string): void {
    this.#drop(reason);
    if (this.#isClosed) return;
    const ceilingMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    // Half of it at random, so that many pages do not come back in the same instant after a restart.
    this.#retryTimer = setTimeout(() => this.connect(), ceilingMs * (0.5 + Math.random() / 2));
    this.#options.onConnection({ kind: "offline", reason });
  }

  #drop(reason: string): void {
    clearTimeout(this.#deadline);
    this.#isOnline = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    const error = new RequestError(
      "OFFLINE",
      reason === "" ? "The connection to the gateway broke." : reason,
    );
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const request of waiting) request.fail(error);
  }

  #expect(withinMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lost("The gateway fell silent."), withinMs);
  }
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // not a frame; the silence deadline judges the rest
    throw error;
  }
}
