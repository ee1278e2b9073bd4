import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkUpgrade, type BoundAddress } from "../connection/auth.ts";
import { GatewayError } from "../errors.ts";
import type { Services } from "../methods/method.ts";
import { MAX_COMPLETIONS, MAX_PAYLOAD_BYTES } from "../protocol/limits.ts";
import { identityOf } from "../runners/identity.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { toSessionKey } from "../session/session-key.ts";
import { refuseDenied } from "../session/session-settings.ts";
import type { Session } from "../session/session.ts";
import { checkBearer, type BearerTerms } from "./bearer.ts";
import { completionEvents, completionOf, type CompletionFacts } from "./completion-answer.ts";
import { readCompletionRequest, type CompletionRequest } from "./completion-request.ts";
import { headerText } from "./header-text.ts";
import { openingRows } from "./opening-rows.ts";
import { openAiError, toOpenAiRefusal, type OpenAiRefusal } from "./openai-error.ts";
import { RunReader } from "./run-reader.ts";

/** What the OpenAI-compatible part works with. */
export interface CompletionsSetup extends BearerTerms {
  readonly services: Services;
  readonly bound: BoundAddress;
  /** Aborts when no answer will come any more because the gateway shuts down. */
  readonly stopping: AbortSignal;
}

/** `POST /v1/chat/completions` and `GET /v1/models`: sessions for programs that speak to the OpenAI API. */
export function addCompletionRoutes(app: FastifyInstance, setup: CompletionsSetup): void {
  const { services } = setup;
  let answering = 0;
  void app.register(
    (scope, _options, done) => {
      scope.removeContentTypeParser("text/plain"); // what a page of another site may send without asking
      scope.addHook("onRequest", async (request, reply) => {
        const fault = checkUpgrade(request.raw, setup.bound);
        if (fault !== undefined)
          return refuse(reply, { status: fault.status, body: openAiError(fault.reason) });
        const refusal = refusalOf(request, setup);
        return refusal === undefined ? undefined : refuse(reply, refusal);
      });
      scope.setErrorHandler((error, request, reply) => {
        const refusal = toOpenAiRefusal(error);
        if (refusal.status >= 500) request.log.warn({ err: error }, "completion refused");
        return refuse(reply, refusal);
      });
      scope.setNotFoundHandler((_request, reply) =>
        refuse(reply, { status: 404, body: openAiError("there is no such call here") }),
      );
      scope.get("/models", () => {
        const { provider: owned_by, model: id } = services.model;
        const created = Math.floor(services.startedAt / 1_000);
        return { object: "list", data: [{ id, object: "model", created, owned_by }] };
      });
      scope.post("/chat/completions", { bodyLimit: MAX_PAYLOAD_BYTES }, async (request, reply) => {
        if (answering >= MAX_COMPLETIONS) {
          const body = openAiError("too many completions at the same time", { type: "rate_limit_error" });
          return refuse(reply, { status: 429, body, retryAfterMs: 1_000 });
        }
        answering += 1;
        reply.raw.once("close", () => (answering -= 1));
        return answer(request, reply, setup);
      });
      done();
    },
    { prefix: "/v1" },
  );
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { services, stopping }: CompletionsSetup,
): Promise<FastifyReply> {
  const asked = readCompletionRequest(request.body);
  const runId = headerOf(request, "idempotency-key", 256) ?? `chatcmpl-${randomUUID()}`;
  const named = headerOf(request, "x-session-key", 512) ?? asked.user;
  // Without a name the same key must still find the same session again.
  const sessionKey = toSessionKey(named ?? `openai:${runId}`);
  const { reader, usual } = await accept(asked, { runId, sessionKey }, services);
  try {
    const facts: CompletionFacts = { id: runId, created: Math.floor(Date.now() / 1_000), usual };
    // Other characters would go out in one encoding or another, as node happens to write the body. The body has the id.
    if (/^[\x20-\x7e]+$/.test(runId)) reply.header("x-request-id", runId);
    if (asked.stream) {
      const events = completionEvents(facts, reader, {
        includesUsage: asked.includesUsage,
        signal: stopping,
      });
      return await reply
        .header("content-type", "text/event-stream; charset=utf-8")
        .send(Readable.from(events));
    }
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const terminal = await reader.ended(AbortSignal.any([stopping, gone.signal]));
    reader[Symbol.dispose]();
    const result = completionOf(facts, terminal);
    return "completion" in result ? await reply.send(result.completion) : await refuse(reply, result);
  } catch (error) {
    reader[Symbol.dispose]();
    throw error;
  }
}

/** Makes the message durable, as `chat.send` does. Dispose the reader of its run after use. */
async function accept(
  { text, images, earlier, thinking }: CompletionRequest,
  { runId, sessionKey }: { readonly runId: string; readonly sessionKey: string },
  { sessions, model }: Services,
): Promise<{ readonly reader: RunReader; readonly usual: AgentRunner["model"] }> {
  const acceptedAt = Date.now();
  const input = {
    runId,
    message: text,
    acceptedAt,
    ...(images.length === 0 ? {} : { images: [...images] }),
    ...(thinking === undefined ? {} : { thinking }),
  };
  return sessions.ensure(sessionKey, async (session) => {
    const rows = openingRows(earlier, model, acceptedAt);
    if (rows.length > 0) await begin(session, rows);
    const reader = new RunReader(session.board, runId);
    try {
      const { status } = await session.accept(input);
      const outcome = status === "ok" ? await session.outcome(runId) : undefined;
      if (outcome !== undefined) reader.take(outcome);
      return { reader, usual: identityOf(session.runner, session.settings.model) };
    } catch (error) {
      reader[Symbol.dispose]();
      throw error;
    }
  });
}

/** Puts the earlier messages into a session that is empty; whoever is first begins it. */
async function begin({ transcript, settings }: Session, rows: ReturnType<typeof openingRows>): Promise<void> {
  if (transcript.leafId !== undefined) return;
  refuseDenied(settings); // before anything is written, as the message itself will be refused
  try {
    await transcript.appendMany(rows, { expectedLeaf: undefined, purpose: "begin session" });
  } catch (error) {
    const isBegun = error instanceof Error && "code" in error && error.code === "CONFLICT";
    if (!isBegun) throw error;
  }
}

function refusalOf(request: FastifyRequest, setup: CompletionsSetup): OpenAiRefusal | undefined {
  const fault = checkBearer(request.raw, setup);
  if (fault === undefined) return undefined;
  const type = fault.status === 401 ? "authentication_error" : "rate_limit_error";
  const body = openAiError(fault.reason, {
    type,
    code: fault.status === 401 ? "invalid_api_key" : undefined,
  });
  return { status: fault.status, body, retryAfterMs: fault.retryAfterMs };
}

function refuse(reply: FastifyReply, { status, body, retryAfterMs = 0 }: OpenAiRefusal): FastifyReply {
  if (retryAfterMs > 0) reply.header("retry-after", Math.ceil(retryAfterMs / 1_000));
  // A client that asks again by itself would get the same failure under the same key, or a second run without one.
  if (status === 500) reply.header("x-should-retry", "false");
  return reply.code(status).send(body);
}

function headerOf({ headers }: FastifyRequest, name: string, maxLength: number): string | undefined {
  const value = headers[name];
  if (value === undefined || value === "") return undefined;
  const text = typeof value === "string" ? headerText(value) : undefined;
  if (text !== undefined && text.length <= maxLength) return text;
  throw new GatewayError("INVALID_REQUEST", `the header ${name} has at most ${maxLength} characters`);
}
