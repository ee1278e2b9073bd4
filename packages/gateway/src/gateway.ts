import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { openSessionStore } from "@session-lock/transcript";
import { pino, type Logger } from "pino";
import { AuthAttempts } from "./connection/attempts.ts";
import { isLoopbackHost } from "./connection/auth.ts";
import { Connection } from "./connection/connection.ts";
import { tokenSource } from "./connection/token.ts";
import { GatewayError } from "./errors.ts";
import { addCompletionRoutes } from "./http/completions.ts";
import { addMetricsRoute, createMetrics } from "./http/metrics.ts";
import { Hub } from "./connection/hub.ts";
import type { Services } from "./methods/method.ts";
import { Peers } from "./lane/peers.ts";
import {
  MAX_PREAUTH_CONNECTIONS,
  MAX_PREAUTH_CONNECTIONS_IN_ALL,
  TICK_INTERVAL_MS,
  TOKEN_CHECK_MS,
} from "./protocol/limits.ts";
import { RunBoard } from "./run/run-board.ts";
import { createEchoRunner } from "./runners/echo.ts";
import type { AgentRunner } from "./runners/runner.ts";
import { startServer } from "./server.ts";
import { Recovery } from "./session/recovery.ts";
import { AGENT_ID } from "./session/session-key.ts";
import { tellOfChanges } from "./session/session-news.ts";
import { Sessions } from "./session/sessions.ts";
import { StopAnswers } from "./session/stop-answers.ts";
import { stopTexts } from "./session/stop-text.ts";
import { readVersion } from "./version.ts";

/** Node fires a timer of more than this at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How to run a gateway inside a program. */
export interface GatewayOptions {
  /** The address to listen on. Without a token only an address of this machine is accepted. Default: `127.0.0.1`. */
  readonly host?: string;
  /** The port to listen on; `0` takes a free one. Default: 18789. */
  readonly port?: number;
  /**
   * What clients must present. A function is asked again for each request and call, and every second: a connection that
   * presented another token than it gives by then is closed. While it throws, or gives none, nobody gets in. Default: none.
   */
  readonly token?: string | (() => string);
  /** Where sessions are kept. Default: `~/.session-lock`. */
  readonly stateDir?: string;
  /** Produces the answers. Default: the echo runner. */
  readonly runner?: AgentRunner;
  /** Texts that stop a session like `/stop` does. Default: none. */
  readonly stopWords?: readonly string[];
  /** What other gateways on the same state folder are told of this one. Default: host name and process id. */
  readonly name?: string;
  /** How long `close` waits for active runs before it stops them, in milliseconds, at most 2147483647. Default: 5000. */
  readonly drainMs?: number;
  /** Where the gateway logs to. Default: warnings and errors as JSON lines on standard error. */
  readonly logger?: Logger;
}

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, as a browser takes it. */
  readonly url: string;
  /**
   * Refuses new work, lets active runs finish for `drainMs`, then stops them and keeps what they had said; resolves when
   * everything is on disk and every connection is closed. What waits runs at the next start. Idempotent.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a gateway; resolves when it listens. Throws `PORT_IN_USE`, `INSECURE_BIND` or `INVALID_CONFIG`. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { host = "127.0.0.1", port = 18_789, drainMs = 5_000, runner = createEchoRunner() } = options;
  const {
    stateDir = join(homedir(), ".session-lock"),
    logger: log = defaultLogger(),
    stopWords = [],
  } = options;
  const token = tokenSource(options.token, log);
  // Before this gateway has its place among others.
  checkOptions({ host, port, drainMs, runner, stopWords, token: token() });
  const { model, tools = [] } = runner;
  const stops = stopTexts(stopWords);
  const name = options.name ?? `${hostname()}/${process.pid}`;
  const hub = new Hub();
  const metrics = createMetrics();
  const board = new RunBoard(({ state }) => metrics.runEnded(state));
  const peers = await Peers.join(stateDir, name).catch((error: unknown) => {
    throw unusable(stateDir, error);
  });
  const store = openSessionStore(join(stateDir, "agents", AGENT_ID, "sessions"));
  const sessions = new Sessions(store, {
    agentId: AGENT_ID,
    runner,
    hub,
    board,
    log,
    peers,
    name,
    storePath: store.storePath,
  });
  const startedAt = Date.now();
  const startedMs = performance.now();
  const health = (): ReturnType<Services["health"]> => ({
    ok: true,
    ts: Date.now(),
    durationMs: 0,
    defaultAgentId: AGENT_ID,
  });
  const services: Services = {
    sessions,
    hub,
    board,
    metrics,
    model,
    tools,
    agentId: AGENT_ID,
    stopTexts: stops,
    stops: new StopAnswers(),
    version: readVersion(),
    startedAt,
    uptimeMs: () => Math.floor(performance.now() - startedMs),
    hasPeers: () => peers.hasOthers,
    health,
  };
  metrics.watch({ sessions, hub });
  const setup = { services, attempts: new AuthAttempts(), token, log };
  const stopping = new AbortController();
  const connections = new Map<Connection, string>();
  const server = await startServer({
    host,
    port,
    webRoot: new URL("./web/", import.meta.url),
    log,
    ready: () => !sessions.draining,
    refusal: (address) => refusalOf(connections, address),
    connected: (socket, request) => {
      const connection = new Connection(socket, request, setup);
      connections.set(connection, request.socket.remoteAddress ?? "unknown");
      socket.once("close", () => connections.delete(connection));
    },
    addRoutes: (app, bound) => {
      addMetricsRoute(app, metrics, setup);
      addCompletionRoutes(app, { ...setup, bound, stopping: stopping.signal });
    },
  }).catch(async (error: unknown) => {
    await peers.withdraw();
    throw error;
  });
  const tick = setInterval(
    () => hub.announce("tick", { ts: Date.now() }, "droppable"),
    TICK_INTERVAL_MS,
  ).unref();
  // A connection that calls is looked at with each call; one that only listens, here.
  const revocation = setInterval(() => {
    for (const connection of connections.keys()) connection.recheck();
  }, TOKEN_CHECK_MS).unref();
  const unfollow = tellOfChanges(sessions, hub, log);
  const recovery = new Recovery(sessions, log);
  const unrecovered = (error: unknown): void => log.error({ err: error }, "recovery failed");
  const recovering = recovery.run().catch(unrecovered);
  peers.follow(() => recovery.run(), unrecovered);

  const shutDown = async (): Promise<void> => {
    hub.announce("shutdown", { reason: "stopping", restartExpectedMs: 0 }, "certain");
    await sessions.drain(drainMs);
    stopping.abort();
    await recovering;
    await peers.close();
    clearInterval(tick);
    clearInterval(revocation);
    unfollow();
    for (const connection of connections.keys()) connection.close(1012, "service restart");
    await server.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= shutDown());
  return { url: server.url, close, [Symbol.asyncDispose]: close };
}

/** Callers without types pass what they like. */
type Checked = Required<Pick<GatewayOptions, "host" | "port" | "drainMs">> & {
  readonly runner: Partial<AgentRunner> | null;
  readonly stopWords: unknown;
  readonly token: string | undefined;
};

/** The words and limits are those of the configuration, except that a program may wait longer. */
function checkOptions({ host, port, drainMs, runner, stopWords, token }: Checked): void {
  // Node would listen on every address.
  if (host === "")
    throw new GatewayError("INVALID_CONFIG", "the host is empty: name an address, such as 127.0.0.1");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    const message = `the port must be a number from 0 to 65535, not ${String(port)}`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
  if (!Number.isFinite(drainMs) || drainMs < 0 || drainMs > LONGEST_TIMER_MS) {
    const message = `drainMs must be a number from 0 to ${LONGEST_TIMER_MS}, not ${String(drainMs)}`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
  if (typeof runner?.run !== "function" || typeof runner.model !== "object") {
    throw new GatewayError("INVALID_CONFIG", "the runner must have a function run, and a model");
  }
  if (!Array.isArray(stopWords) || !stopWords.every(isWord)) {
    throw new GatewayError("INVALID_CONFIG", "stopWords must be a list of texts that are not empty");
  }
  if (token === undefined && !isLoopbackHost(host)) {
    const message = `${host} can be reached from other machines: set a token, or listen on 127.0.0.1`;
    throw new GatewayError("INSECURE_BIND", message);
  }
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

/**
 * Why the address may not open another connection. What counts is sockets that nobody is known behind; one that was
 * refused and does not hang up is among them.
 */
function refusalOf(connections: ReadonlyMap<Connection, string>, address: string): string | undefined {
  const strangers = [...connections].filter(([{ presence }]) => presence === undefined);
  if (strangers.length >= MAX_PREAUTH_CONNECTIONS_IN_ALL)
    return `too many connections before connect: at most ${MAX_PREAUTH_CONNECTIONS_IN_ALL} in all`;
  const own = strangers.filter(([, from]) => from === address).length;
  if (own < MAX_PREAUTH_CONNECTIONS) return undefined;
  return `too many connections before connect: at most ${MAX_PREAUTH_CONNECTIONS} of one address`;
}

function unusable(stateDir: string, cause: unknown): GatewayError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `sessions cannot be kept in ${stateDir}: ${why}; name another folder in SESSION_LOCK_HOME`;
  return new GatewayError("INVALID_CONFIG", message, { cause });
}

/** Synchronous, so that the last lines before an exit are not lost. */
function defaultLogger(): Logger {
  return pino({ level: "warn" }, pino.destination({ dest: 2, sync: true }));
}
