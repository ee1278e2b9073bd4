import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Hub } from "../connection/hub.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import type { Sessions } from "../session/sessions.ts";
import { checkBearer, type BearerTerms } from "./bearer.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** What the gateway counts. Every gateway of a process counts for itself. */
export interface Metrics {
  runEnded(state: TerminalEvent["state"]): void;
  /** `method` must be one of ours, never what a client wrote: each value is kept for ever. */
  methodAnswered(method: string, outcome: "ok" | "error", seconds: number): void;
  /** Reads the figures of these from now on. */
  watch(sources: { readonly sessions: Sessions; readonly hub: Hub }): void;
  /** All figures in the text format of Prometheus. */
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const runs = new Counter({
    name: "session_gateway_runs_total",
    help: "Runs that ended, by how",
    labelNames: ["state"],
    registers,
  });
  for (const state of ["final", "aborted", "error"]) runs.inc({ state }, 0);
  const methods = new Histogram({
    name: "session_gateway_method_seconds",
    help: "Time from a call to its answer, in seconds",
    labelNames: ["method", "outcome"],
    buckets: SECONDS,
    registers,
  });
  let collectsProcess = false;
  return {
    runEnded: (state) => runs.inc({ state }),
    methodAnswered: (method, outcome, seconds) => methods.observe({ method, outcome }, seconds),
    watch: (sources) => addGauges(registry, sources),
    async page() {
      // Watching the event loop and the collector has a price: nobody pays it before somebody asks.
      if (!collectsProcess) collectDefaultMetrics({ register: registry });
      collectsProcess = true;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** `GET /metrics`, for whoever presents the token. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics, terms: BearerTerms): void {
  app.get("/metrics", async (request, reply) => {
    const fault = checkBearer(request.raw, terms);
    if (fault !== undefined) {
      if (fault.status === 401) reply.header("www-authenticate", "Bearer");
      else reply.header("retry-after", Math.ceil(fault.retryAfterMs / 1_000));
      return reply.code(fault.status).send({ error: fault.reason });
    }
    const { contentType, text } = await metrics.page();
    return reply.header("content-type", contentType).send(text);
  });
}

function addGauges(
  registry: Registry,
  { sessions, hub }: { readonly sessions: Sessions; readonly hub: Hub },
): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const collected: Gauge = new Gauge({
      name: `session_gateway_${name}`,
      help,
      registers: [registry],
      collect: () => collected.set(read()),
    });
  };
  gauge("connections", "Authenticated WebSocket connections", () => hub.size);
  gauge("open_sessions", "Sessions that are open here", () => sessions.live().length);
  gauge(
    "active_runs",
    "Runs that work now",
    () => sessions.live().filter(({ activeRunId }) => activeRunId !== undefined).length,
  );
  gauge("queued_runs", "Acknowledged inputs whose run has not begun", () =>
    sessions.live().reduce((sum, { queue }) => sum + queue.waiting.length, 0),
  );
  gauge("draining", "1 while the gateway shuts down", () => (sessions.draining ? 1 : 0));
}
