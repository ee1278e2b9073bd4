import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocketServer, type WebSocket as ServerSocket } from "ws";
import { GatewaySocket, type Connection } from "../../web/gateway-socket.ts";

const PATIENCE = { timeout: 150_000 };

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: { readonly auth?: { readonly token: string } };
}

/** A peer that greets, and answers as `answers` says; it is not a gateway, so that it can misbehave. */
class Peer {
  readonly server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  readonly requests: Request[] = [];
  answers: (request: Request) => object | undefined = () => ({ ok: true, payload: {} });
  #socket: ServerSocket | undefined;

  constructor() {
    this.server.on("connection", (socket) => {
      this.#socket = socket;
      socket.on("message", (data) => {
        const request = JSON.parse((data as Buffer).toString()) as Request;
        this.requests.push(request);
        const answer = this.answers(request);
        if (answer !== undefined) this.send({ type: "res", id: request.id, ...answer });
      });
      this.send({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 0 } });
    });
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("The peer does not listen.");
    return `ws://127.0.0.1:${address.port}/`;
  }

  send(frame: object | string): void {
    this.#socket?.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  hangUp(): void {
    this.#socket?.close(1012, "service restart");
  }

  requestsOf(method: string): number {
    return this.requests.filter((request) => request.method === method).length;
  }
}

let peer: Peer;
let token: string | undefined;
let connections: Connection[];
let events: string[];
let gaps: number;
let socket: GatewaySocket;

beforeEach(async () => {
  peer = new Peer();
  await once(peer.server, "listening");
  token = undefined;
  connections = [];
  events = [];
  gaps = 0;
  socket = new GatewaySocket({
    url: peer.url,
    token: () => token,
    onConnection: (connection) => connections.push(connection),
    onEvent: (event) => events.push(event),
    onGap: () => (gaps += 1),
  });
});

afterEach(() => {
  socket.close();
  for (const client of peer.server.clients) client.terminate();
  peer.server.close();
});

function kinds(): readonly string[] {
  return connections.map((connection) => connection.kind);
}

async function goOnline(): Promise<void> {
  socket.connect();
  await vi.waitFor(() => expect(kinds().at(-1)).toBe("online"), PATIENCE);
}

test("the handshake answers the challenge as a web chat, without a token when there is none", async () => {
  await goOnline();
  expect(peer.requests).toMatchObject([
    {
      method: "connect",
      params: { minProtocol: 3, maxProtocol: 4, client: { id: "webchat-ui", mode: "webchat" } },
    },
  ]);
  expect(peer.requests[0]?.params).not.toHaveProperty("auth");
});

test("a request resolves with its own payload, whatever the order of the answers", async () => {
  await goOnline();
  peer.answers = () => undefined;
  const first = socket.request("first", {});
  const second = socket.request("second", {});
  await vi.waitFor(() => expect(peer.requests).toHaveLength(3), PATIENCE);
  const [, one, two] = peer.requests;
  peer.send({ type: "res", id: two?.id, ok: true, payload: "two" });
  peer.send({ type: "res", id: one?.id, ok: true, payload: "one" });
  expect(await Promise.all([first, second])).toEqual(["one", "two"]);
});

test("a refusal carries the gateway's words and its own code", async () => {
  await goOnline();
  peer.answers = () => ({
    ok: false,
    error: { code: "FORBIDDEN", message: "no", details: { code: "MISSING_SCOPE" } },
  });
  await expect(socket.request("x", {})).rejects.toMatchObject({
    code: "REFUSED",
    message: "no",
    detail: "MISSING_SCOPE",
  });
});

test("a broken connection fails what waits, says so, and is opened again", async () => {
  await goOnline();
  peer.answers = ({ method }) => (method === "connect" ? { ok: true, payload: {} } : undefined);
  const lost = socket.request("never answered", {});
  peer.hangUp();
  await expect(lost).rejects.toMatchObject({ code: "OFFLINE" });
  await expect(socket.request("too early", {})).rejects.toMatchObject({ code: "OFFLINE" });
  await vi.waitFor(() => expect(peer.requestsOf("connect")).toBe(2), PATIENCE);
  await vi.waitFor(() => expect(kinds().at(-1)).toBe("online"), PATIENCE);
  expect(kinds()).toEqual(["connecting", "online", "offline", "connecting", "online"]);
  expect(connections[2]).toMatchObject({ reason: "service restart" });
});

test("without the right token it waits for a person, and takes the next token to the next attempt", async () => {
  const error = {
    code: "INVALID_REQUEST",
    message: "token missing",
    details: { code: "AUTH_TOKEN_MISSING" },
  };
  peer.answers = ({ params }) =>
    params.auth?.token === "right" ? { ok: true, payload: {} } : { ok: false, error };
  socket.connect();
  await vi.waitFor(
    () => expect(connections.at(-1)).toMatchObject({ kind: "refused", needsToken: true }),
    PATIENCE,
  );
  token = "right";
  await goOnline();
  expect(peer.requestsOf("connect")).toBe(2);
});

test("a handshake that is refused for another reason does not ask for a token", async () => {
  const error = {
    code: "INVALID_REQUEST",
    message: "protocol mismatch",
    details: { code: "PROTOCOL_MISMATCH" },
  };
  peer.answers = () => ({ ok: false, error });
  socket.connect();
  const refusal = { kind: "refused", needsToken: false, reason: "protocol mismatch" };
  await vi.waitFor(() => expect(connections.at(-1)).toEqual(refusal), PATIENCE);
});

test("a handshake that is refused for a time is tried again when that is over", async () => {
  const details = { code: "AUTH_RATE_LIMITED" };
  const error = { code: "UNAVAILABLE", message: "too many refused credentials", details, retryAfterMs: 50 };
  peer.answers = () => (peer.requestsOf("connect") > 1 ? { ok: true, payload: {} } : { ok: false, error });
  await goOnline();
  expect(kinds()).toEqual(["connecting", "held-off", "connecting", "online"]);
  expect(connections[1]).toMatchObject({ reason: "too many refused credentials" });
});

test("a hole in the sequence of events is told once; events without a number and broken frames are no hole", async () => {
  await goOnline();
  peer.send({ type: "event", event: "a", payload: {}, seq: 7 });
  peer.send({ type: "event", event: "b", payload: {} });
  peer.send("{ no frame");
  peer.send({ type: "event", event: "c", payload: {}, seq: 8 });
  await vi.waitFor(() => expect(events).toContain("c"), PATIENCE);
  expect(gaps).toBe(0);
  peer.send({ type: "event", event: "d", payload: {}, seq: 10 });
  peer.send({ type: "event", event: "e", payload: {}, seq: 11 });
  await vi.waitFor(() => expect(events).toContain("e"), PATIENCE);
  expect(gaps).toBe(1);
});

test("a peer that falls silent for two ticks is left for a new connection", async () => {
  peer.answers = () => ({ ok: true, payload: { policy: { tickIntervalMs: 50 } } });
  await goOnline();
  await vi.waitFor(
    () => expect(connections).toContainEqual({ kind: "offline", reason: "The gateway fell silent." }),
    PATIENCE,
  );
  await vi.waitFor(() => expect(peer.requestsOf("connect")).toBeGreaterThanOrEqual(2), PATIENCE);
});
