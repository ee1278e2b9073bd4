import { once } from "node:events";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import fastifyStatic from "@fastify/static";
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import {
  checkRequest,
  checkUpgrade,
  targetOf,
  type BoundAddress,
  type RequestFault,
} from "./connection/auth.ts";
import { GatewayError } from "./errors.ts";
import { MAX_PAYLOAD_BYTES } from "./protocol/limits.ts";

const REQUEST_TIMEOUT_MS = 10_000;
/** A client that sends its headers one by one and never the last one holds a connection for no longer. */
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 64 * 1024;
/** How long the answers that are under way when the server ends may take to go out. */
const LAST_ANSWERS_MS = 2_000;
/** When a refused upgrade is worth another attempt, in seconds. */
const RETRY_AFTER_S = 1;
const UPGRADE_PATHS = new Set(["/", "/ws"]);

/** Images of messages come over the socket, so the page shows them from addresses that hold their data. */
const CONTENT_POLICY =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const HEADERS = {
  "content-security-policy": CONTENT_POLICY,
  // The files of the page set their own.
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** What the server hands out and whom it asks. */
export interface ServerSetup {
  readonly host: string;
  readonly port: number;
  /** The folder of the built web page; nothing is served at `/` when it does not exist. */
  readonly webRoot: URL;
  readonly log: Logger;
  /** Whether the gateway takes new work. */
  ready(): boolean;
  /** Why this address may not open another connection now, if it may not. */
  refusal(address: string): string | undefined;
  connected(socket: WebSocket, request: IncomingMessage): void;
  /** Adds what is served beside the page and the health pages. */
  addRoutes(app: FastifyInstance, bound: BoundAddress): void;
}

/** The listening HTTP and WebSocket server. */
export interface Server {
  readonly url: string;
  /** Lets the answers that are under way go out, then stops listening and ends what is open. */
  close(): Promise<void>;
}

/** Listens on one port for both. Throws `PORT_IN_USE`, and `INVALID_CONFIG` where nobody can listen. */
export async function startServer(setup: ServerSetup): Promise<Server> {
  const { host, port, log } = setup;
  const bound = { host, port };
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: HEADERS_TIMEOUT_MS / 5,
      // An offer of HTTP/2, which Java's client makes with its requests, may be passed over. Node before 24.9 does not
      // ask: there such a request is refused like a bad upgrade.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() !== "h2c",
    },
    bodyLimit: MAX_BODY_BYTES,
  });
  addRoutes(app, setup, bound);
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
  });
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", (error) => log.debug({ err: error }, "connection failed before its upgrade"));
    const refusal = refusalOf(request, setup, bound);
    if (refusal === undefined)
      sockets.handleUpgrade(request, socket, head, (ws) => setup.connected(ws, request));
    else refuseUpgrade(socket, refusal);
  });
  const answers = new Set<ServerResponse>();
  app.server.on("request", (_request, answer: ServerResponse) => {
    answers.add(answer);
    answer.once("close", () => answers.delete(answer));
  });
  await listen(app, setup);
  bound.port = listeningPort(app);
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound.port}/`,
    close: async () => {
      await sent(answers);
      await app.close();
    },
  };
}

/** Resolves when these answers have gone out, or their readers are too slow. */
async function sent(answers: ReadonlySet<ServerResponse>): Promise<void> {
  const late = AbortSignal.timeout(LAST_ANSWERS_MS);
  const cutOff = (): void => undefined;
  await Promise.all([...answers].map((answer) => once(answer, "close", { signal: late }).catch(cutOff)));
}

function addRoutes(app: FastifyInstance, setup: ServerSetup, bound: BoundAddress): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const fault = checkRequest(request.raw, bound);
    if (fault !== undefined) return reply.code(fault.status).send({ error: fault.reason });
    // In some browsers 'self' does not cover ws: of the same host. The host was checked just now.
    const { host } = request.headers;
    reply.header(
      "content-security-policy",
      `${CONTENT_POLICY}; connect-src 'self' ws://${host} wss://${host}`,
    );
    return undefined;
  });
  app.get("/healthz", (_request, reply) => reply.send({ ok: true, status: "live" }));
  app.get("/readyz", (_request, reply) => {
    const ready = setup.ready();
    reply.code(ready ? 200 : 503);
    return reply.send({ ok: ready, status: ready ? "ready" : "draining" });
  });
  setup.addRoutes(app, bound);
  app.setNotFoundHandler((request, reply) => {
    const readable = request.method === "GET" || request.method === "HEAD";
    if (!readable) return reply.code(405).header("allow", "GET, HEAD").send({ error: "method not allowed" });
    return reply.code(404).send({ error: "not found" });
  });
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
    const isClientFault = status >= 400 && status < 500;
    if (!isClientFault) request.log.error({ err: error }, "request failed");
    return reply
      .code(isClientFault ? status : 500)
      .send({ error: isClientFault ? "bad request" : "internal error" });
  });
  if (existsSync(setup.webRoot)) void app.register(fastifyStatic, { root: setup.webRoot, dotfiles: "deny" });
}

function refusalOf(
  request: IncomingMessage,
  setup: ServerSetup,
  bound: BoundAddress,
): UpgradeRefusal | undefined {
  const fault = checkUpgrade(request, bound);
  if (fault !== undefined) return fault;
  if (!UPGRADE_PATHS.has(targetOf(request).path)) return { status: 404, reason: "not found" };
  if (!setup.ready()) return { status: 503, reason: "shutting down" };
  const address = request.socket.remoteAddress ?? "unknown";
  const reason = setup.refusal(address);
  return reason === undefined ? undefined : { status: 429, reason };
}

interface UpgradeRefusal {
  readonly status: RequestFault["status"] | 404 | 429 | 503;
  readonly reason: string;
}

function refuseUpgrade(socket: Duplex, { status, reason }: UpgradeRefusal): void {
  const body = JSON.stringify({ error: reason });
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "connection: close",
    // Both pass by themselves: the others finish their handshakes, the next process listens.
    ...(status === 429 || status === 503 ? [`retry-after: ${RETRY_AFTER_S}`] : []),
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

async function listen(app: FastifyInstance, { host, port }: ServerSetup): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if (!(error instanceof Error && "code" in error && "syscall" in error)) throw error; // not the system's refusal
    if (error.code === "EADDRINUSE") {
      const message = `port ${port} on ${host} is in use: stop the program that listens there or choose another with --port`;
      throw new GatewayError("PORT_IN_USE", message, { cause: error });
    }
    const message = `cannot listen on ${host}, port ${port}: ${error.message}; choose another with --host and --port`;
    throw new GatewayError("INVALID_CONFIG", message, { cause: error });
  }
}

function listeningPort(app: FastifyInstance): number {
  const address: AddressInfo | string | null = app.server.address();
  if (address === null || typeof address === "string")
    throw new GatewayError("INVALID_CONFIG", "not a TCP address");
  return address.port;
}
