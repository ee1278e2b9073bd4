import { randomUUID } from "node:crypto";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { WebSocket, type ClientOptions } from "ws";
import { AgentStreamEvent } from "../src/protocol/agent-event.ts";
import { ChatEvent } from "../src/protocol/chat-event.ts";
import { HelloOk } from "../src/protocol/connect.ts";

import { EventFrame, readFrame, ResponseFrame } from "../src/protocol/frames.ts";
import { answerFault } from "./answer-shape.ts";

/** How long anything may take on a busy machine before a test gives up. */
const PATIENCE_MS = 150_000;

const Payload = Type.Record(Type.String(), Type.Unknown());

export interface ConnectOptions {
  readonly token?: string;
  readonly scopes?: readonly string[];
  readonly minProtocol?: number;
  readonly maxProtocol?: number;
  readonly caps?: readonly string[];
}

/** A protocol client that remembers everything it was sent. */
export class TestClient {
  readonly hello: HelloOk;
  readonly #line: Line;

  private constructor(line: Line, hello: HelloOk) {
    this.#line = line;
    this.hello = hello;
  }

  static async connect(url: string, options: ConnectOptions = {}): Promise<TestClient> {
    const line = await Line.open(url);
    await line.event((frame) => frame.event === "connect.challenge");
    const hello = await line.request("connect", connectParams(options));
    return new TestClient(line, Value.Parse(HelloOk, hello));
  }

  get frames(): readonly EventFrame[] {
    return this.#line.events;
  }

  /** The `chat` events so far. */
  get chats(): readonly ChatEvent[] {
    return this.frames
      .filter((frame) => frame.event === "chat")
      .map((frame) => Value.Parse(ChatEvent, frame.payload));
  }

  /** The `agent` events of one run so far. */
  agentOf(runId: string): readonly AgentStreamEvent[] {
    return this.frames
      .filter((frame) => frame.event === "agent")
      .map((frame) => Value.Parse(AgentStreamEvent, frame.payload))
      .filter((event) => event.runId === runId);
  }

  /** The `chat` events of one run so far. */
  chatsOf(runId: string): readonly ChatEvent[] {
    return this.chats.filter((event) => event.runId === runId);
  }

  request(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#line.request(method, params);
  }

  send(sessionKey: string, message: string, idempotencyKey: string = randomUUID()): Promise<object> {
    return this.request("chat.send", { sessionKey, message, idempotencyKey });
  }

  /** The terminal event of a run, as soon as it is there. */
  async terminal(runId: string): Promise<ChatEvent> {
    const isTerminal = (event: ChatEvent): boolean => event.runId === runId && event.state !== "delta";
    return this.chat(isTerminal);
  }

  /** The first `chat` event that fits. */
  async chat(fits: (event: ChatEvent) => boolean): Promise<ChatEvent> {
    const isFit = (frame: EventFrame): boolean =>
      frame.event === "chat" && Value.Check(ChatEvent, frame.payload) && fits(frame.payload);
    return Value.Parse(ChatEvent, (await this.#line.event(isFit)).payload);
  }

  /** The first event of that name whose payload fits. */
  event(name: string, fits: (payload: unknown) => boolean = () => true): Promise<EventFrame> {
    return this.#line.event((frame) => frame.event === name && fits(frame.payload));
  }

  /** The code the gateway closes with. */
  closed(): Promise<{ code: number; reason: string }> {
    return this.#line.closed;
  }

  /** Reads nothing any more, until `resume`. */
  pause(): void {
    this.#line.pause();
  }

  resume(): void {
    this.#line.resume();
  }

  /** Reads on without looking at what comes, until `look`: as quick as the machine is. */
  drain(): void {
    this.#line.drain();
  }

  /** How many messages came that nobody looked at. */
  get drained(): number {
    return this.#line.drained.length;
  }

  look(): void {
    this.#line.look();
  }

  close(): Promise<unknown> {
    return this.#line.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#line.close().then(() => undefined);
  }
}

export function connectParams(options: ConnectOptions = {}): object {
  const { token, scopes, minProtocol = 4, maxProtocol = 4, caps = [] } = options;
  return {
    minProtocol,
    maxProtocol,
    client: { id: "test", version: "1", platform: "node", mode: "test" },
    role: "operator",
    caps,
    ...(scopes === undefined ? {} : { scopes }),
    ...(token === undefined ? {} : { auth: { token } }),
  };
}

/** One socket without any manners: what a test sends is what goes out. */
export class Line {
  readonly events: EventFrame[] = [];
  readonly answers: ResponseFrame[] = [];
  readonly drained: Buffer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #watchers = new Set<() => void>();
  /** The method of each call that was sent, by its id. */
  readonly #asked = new Map<string, string>();
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => undefined); // the close event follows and tells
    this.#hear();
    void this.closed.then(() => this.#wake());
  }

  /** Opens a socket; rejects with the HTTP status when the upgrade is refused. */
  static open(url: string, options: ClientOptions = {}): Promise<Line> {
    const socket = new WebSocket(url.replace("http:", "ws:"), { handshakeTimeout: PATIENCE_MS, ...options });
    const line = new Line(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(line));
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response) => {
        reject(new Error(`refused: ${response.statusCode ?? 0}`));
        response.resume();
      });
    });
  }

  raw(text: string): void {
    this.#remember(text);
    this.#socket.send(text);
  }

  async request(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    this.#requests += 1;
    const id = `request-${this.#requests}`;
    this.raw(JSON.stringify({ type: "req", id, method, params }));
    const answer = await this.answer(id);
    if (answer.ok) return Value.Parse(Payload, answer.payload);
    throw Object.assign(new Error(answer.error?.message), answer.error);
  }

  answer(id: string): Promise<ResponseFrame> {
    return this.#until(() => this.answers.find((frame) => frame.id === id), `answer ${id}`);
  }

  /** The first answers under one id, as soon as there are so many. */
  answersTo(id: string, count: number): Promise<readonly ResponseFrame[]> {
    const found = (): ResponseFrame[] => this.answers.filter((frame) => frame.id === id);
    return this.#until(() => (found().length >= count ? found() : undefined), `${count} answers ${id}`);
  }

  event(fits: (frame: EventFrame) => boolean): Promise<EventFrame> {
    return this.#until(() => this.events.find(fits), "event");
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  drain(): void {
    this.#socket.removeAllListeners("message");
    this.#socket.on("message", (data: Buffer) => this.drained.push(data));
    this.#socket.resume();
  }

  look(): void {
    this.#socket.removeAllListeners("message");
    this.#hear();
    for (const data of this.drained.splice(0)) this.#receive(data.toString());
  }

  close(): Promise<unknown> {
    this.#socket.resume(); // a paused one would not hear the other side's goodbye
    this.#socket.close();
    return this.closed;
  }

  #hear(): void {
    this.#socket.on("message", (data: Buffer) => this.#receive(data.toString()));
  }

  #receive(text: string): void {
    const frame: unknown = JSON.parse(text);
    if (Value.Check(EventFrame, frame)) this.events.push(frame);
    else this.#take(Value.Parse(ResponseFrame, frame));
    this.#wake();
  }

  /** Whatever a test asks, the answers have to be of the shapes that the protocol page tells. */
  #take(answer: ResponseFrame): void {
    const method = this.#asked.get(answer.id);
    const fault = answer.ok && method !== undefined ? answerFault(method, answer.payload) : undefined;
    if (fault !== undefined) throw new Error(fault);
    this.answers.push(answer);
  }

  #remember(text: string): void {
    const incoming = readFrame(text);
    if (incoming.kind === "request") this.#asked.set(incoming.frame.id, incoming.frame.method);
  }

  #wake(): void {
    for (const watch of this.#watchers) watch();
  }

  #until<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${what} within ${PATIENCE_MS} ms`))),
        PATIENCE_MS,
      );
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = (): void => {
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#socket.readyState === WebSocket.CLOSED)
          finish(() => reject(new Error(`closed before ${what}`)));
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}
