import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { AuthAttempts } from "./attempts.ts";
import { isSameSecret } from "./auth.ts";
import { Calls } from "./calls.ts";
import { GatewayError } from "../errors.ts";
import { helloOk } from "./hello.ts";
import type { Delivery } from "./hub.ts";
import type { Caller, Services } from "../methods/method.ts";
import { Outbox } from "./outbox.ts";
import { readFrame, type ErrorShape, type RequestFrame } from "../protocol/frames.ts";
import type { Presence } from "../protocol/connect.ts";
import { shakeHands } from "../protocol/handshake.ts";
import { DROP_BUFFERED_BYTES, HANDSHAKE_TIMEOUT_MS, MAX_PREAUTH_BYTES } from "../protocol/limits.ts";
import type { Scope } from "../protocol/scopes.ts";

/** How long a closed peer may take to say goodbye. */
const CLOSE_GRACE_MS = 2_000;
/** The same for a reader that is closed for being slow: up to 100 MiB are before the goodbye. */
const SLOW_CLOSE_GRACE_MS = 10_000;
const MAX_FOLLOWED_SESSIONS = 1_000;
const MAX_CLOSE_REASON_BYTES = 120;
const FIRST_TOO_LARGE = "frame too large before connect";

/** What connections share. */
export interface ConnectionSetup {
  readonly services: Services;
  readonly attempts: AuthAttempts;
  /** The token to present; `undefined` when none is asked for. Read anew for each handshake. */
  token(): string | undefined;
  readonly log: Logger;
}

/**
 * One WebSocket from its upgrade to its end.
 *
 * - `greeting` the challenge is out; the next frame must be `connect`, within the handshake time and byte limits
 * - `open` authenticated: calls are answered, events are delivered
 * - `closing` nothing is read or answered any more
 */
export class Connection implements Caller {
  readonly #socket: WebSocket;
  readonly #address: string;
  readonly #setup: ConnectionSetup;
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #nonce = randomUUID();
  readonly #connId = randomUUID();
  readonly #handshakeTimer: NodeJS.Timeout;
  #phase: "greeting" | "open" | "closing" = "greeting";
  #scopes: readonly Scope[] = [];
  #caps: readonly string[] = [];
  readonly #followedKeys = new Set<string>();
  #presence: Presence | undefined;
  /** The token that it presented. */
  #token: string | undefined;
  #followsSessions = false;
  readonly #gone = new AbortController();

  constructor(socket: WebSocket, request: IncomingMessage, setup: ConnectionSetup) {
    this.#socket = socket;
    this.#address = request.socket.remoteAddress ?? "unknown";
    this.#setup = setup;
    this.#outbox = new Outbox(socket, request.socket, () => this.#giveUp());
    this.#calls = new Calls({
      caller: this,
      services: setup.services,
      log: setup.log,
      gone: this.#gone.signal,
      send: (frame) => this.#outbox.frame(frame),
      close: (code, reason) => this.close(code, reason),
    });
    this.#handshakeTimer = setTimeout(
      () => this.close(1008, "handshake timeout"),
      HANDSHAKE_TIMEOUT_MS,
    ).unref();
    this.#limitGreeting(request);
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("error", (error) => setup.log.debug({ err: error, connId: this.#connId }, "socket error"));
    // Each is answered by the library, also for a peer that does not read: that must not grow without end.
    socket.on("ping", () => {
      if (socket.bufferedAmount > DROP_BUFFERED_BYTES) this.#giveUp();
    });
    socket.once("close", () => this.#left());
    const payload = { nonce: this.#nonce, ts: Date.now() };
    this.#outbox.frame({ type: "event", event: "connect.challenge", payload });
  }

  get scopes(): readonly Scope[] {
    return this.#scopes;
  }

  get caps(): readonly string[] {
    return this.#caps;
  }

  get followsSessions(): boolean {
    return this.#followsSessions;
  }

  get presence(): Presence | undefined {
    return this.#presence;
  }

  followSessions(): void {
    this.#followsSessions = true;
  }

  followMessages(sessionKey: string, follows: boolean): void {
    if (!follows) this.#followedKeys.delete(sessionKey);
    else if (this.#followedKeys.size < MAX_FOLLOWED_SESSIONS) this.#followedKeys.add(sessionKey);
    else
      throw new GatewayError("INVALID_REQUEST", `at most ${MAX_FOLLOWED_SESSIONS} sessions can be followed`);
  }

  followsMessages(sessionKey: string): boolean {
    return this.#followedKeys.has(sessionKey);
  }

  deliver(event: string, payloadJson: string, delivery: Delivery): void {
    this.#outbox.event(event, payloadJson, delivery);
  }

  /** Says goodbye; a peer that does not answer is cut off. */
  close(code: number, reason: string, graceMs = CLOSE_GRACE_MS): void {
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    clearTimeout(this.#handshakeTimer);
    this.#setup.services.hub.leave(this);
    this.#socket.close(code, Buffer.from(reason).subarray(0, MAX_CLOSE_REASON_BYTES));
    // Not at once: the peer would see a lost connection (1006) in place of the reason.
    setTimeout(() => this.#socket.terminate(), graceMs).unref();
  }

  /** Closes a connection whose token is not the present one any more. Returns whether it may go on. */
  recheck(): boolean {
    const isGood = this.#phase !== "open" || this.#setup.token() === this.#token;
    if (!isGood) this.close(1008, "the token was replaced");
    return isGood;
  }

  #giveUp(): void {
    this.close(1008, "slow consumer", SLOW_CLOSE_GRACE_MS);
  }

  get #isGreeting(): boolean {
    return this.#phase === "greeting";
  }

  /** Counts raw bytes, so that a huge first frame is cut off before it is in memory. */
  #limitGreeting({ socket }: IncomingMessage): void {
    let received = 0;
    const count = (chunk: Buffer): void => {
      if (!this.#isGreeting) {
        socket.off("data", count);
        return;
      }
      received += chunk.length;
      if (received <= MAX_PREAUTH_BYTES) return;
      socket.off("data", count);
      this.close(1009, FIRST_TOO_LARGE);
      socket.pause();
    };
    socket.on("data", count);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#phase === "closing") return;
    const bytes = bytesOf(data);
    // The socket's own listener runs before the one that counts: a frame that came in one piece is read by then.
    if (this.#isGreeting && bytes.length > MAX_PREAUTH_BYTES) {
      this.close(1009, FIRST_TOO_LARGE);
      return;
    }
    if (isBinary) {
      this.close(1003, "text frames only");
      return;
    }
    const incoming = readFrame(bytes.toString("utf8"));
    if (incoming.kind === "malformed") {
      this.#refuse(incoming.id, { code: "INVALID_REQUEST", message: incoming.reason });
      if (this.#isGreeting) this.close(1008, "connect first");
      return;
    }
    if (this.#isGreeting) this.#greet(incoming.frame);
    else if (this.recheck()) void this.#calls.answer(incoming.frame);
  }

  #greet(frame: RequestFrame): void {
    if (frame.method !== "connect") {
      this.#refuse(frame.id, { code: "INVALID_REQUEST", message: "the first request must be connect" });
      this.close(1008, "connect first");
      return;
    }
    const { attempts, services } = this.#setup;
    const nowMs = Date.now();
    const retryAfterMs = attempts.blockedForMs(this.#address);
    if (retryAfterMs > 0) {
      const details = { code: "AUTH_RATE_LIMITED" };
      this.#refuse(frame.id, {
        code: "UNAVAILABLE",
        message: "too many refused credentials",
        details,
        retryAfterMs,
      });
      this.close(1008, "too many refused credentials");
      return;
    }
    const token = this.#setup.token();
    const checkToken =
      token === undefined ? undefined : (presented: string) => isSameSecret(presented, token);
    const handshake = shakeHands(frame.params, { nonce: this.#nonce, nowMs, checkToken });
    if (handshake.kind === "refused") {
      if (handshake.badCredential) attempts.failed(this.#address);
      this.#refuse(frame.id, handshake.refusal.error);
      this.close(handshake.refusal.closeCode, handshake.refusal.error.message);
      return;
    }
    clearTimeout(this.#handshakeTimer);
    this.#phase = "open";
    this.#token = token;
    this.#scopes = handshake.scopes;
    this.#caps = handshake.caps;
    this.#presence = { ...handshake.client, ts: nowMs };
    const authMode = token === undefined ? "none" : "token";
    const payload = helloOk(handshake, { connId: this.#connId, authMode, services });
    this.#outbox.frame({ type: "res", id: frame.id, ok: true, payload });
    services.hub.join(this);
  }

  #refuse(id: string, error: ErrorShape): void {
    this.#outbox.frame({ type: "res", id, ok: false, error });
  }

  #left(): void {
    this.#phase = "closing";
    this.#gone.abort();
    clearTimeout(this.#handshakeTimer);
    this.#setup.services.hub.leave(this);
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
