import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import type { Caller, Method, Services } from "../methods/method.ts";
import { METHODS } from "../methods/registry.ts";
import { toErrorShape } from "../protocol/error-shape.ts";
import type { RequestFrame } from "../protocol/frames.ts";
import { MAX_FORBIDDEN_CALLS, MAX_PENDING_CALLS } from "../protocol/limits.ts";
import { hasScope } from "../protocol/scopes.ts";

/** The connection that calls come from, as far as answering them needs it. */
export interface CallPort {
  readonly caller: Caller;
  readonly services: Services;
  readonly log: Logger;
  /** Aborts when the connection has ended. */
  readonly gone: AbortSignal;
  send(frame: object): void;
  close(code: number, reason: string): void;
}

/** Answers the calls of one connection, and holds it to how many of them there may be. */
export class Calls {
  readonly #port: CallPort;
  #pending = 0;
  /** Forbidden calls since the last one that was not. */
  #forbidden = 0;

  constructor(port: CallPort) {
    this.#port = port;
  }

  /** Answers one call. Never rejects: every failure becomes the answer. */
  async answer({ id, method: name, params }: RequestFrame): Promise<void> {
    const { services, log, caller, gone } = this.#port;
    const startedMs = performance.now();
    const method = METHODS.get(name);
    const answered = (outcome: "ok" | "error"): void => {
      const seconds = (performance.now() - startedMs) / 1_000;
      services.metrics.methodAnswered(method?.name ?? "unknown", outcome, seconds);
    };
    const answer = (payload: unknown): void => this.#port.send({ type: "res", id, ok: true, payload });
    this.#pending += 1;
    try {
      const allowed = this.#allow(method, name);
      answer(await allowed.call(params, services, { caller, gone, answerFirst: answer }));
      answered("ok");
    } catch (error) {
      if (!(error instanceof GatewayError)) log.error({ err: error, method: name }, "method failed");
      this.#port.send({ type: "res", id, ok: false, error: toErrorShape(error) });
      answered("error");
    } finally {
      this.#pending -= 1;
    }
    // After the answer, which says why.
    if (this.#forbidden > MAX_FORBIDDEN_CALLS) this.#port.close(1008, "repeated unauthorized calls");
  }

  #allow(method: Method | undefined, name: string): Method {
    if (this.#pending > MAX_PENDING_CALLS) {
      const details = { code: "TOO_MANY_PENDING_CALLS", limit: MAX_PENDING_CALLS };
      const message = `at most ${MAX_PENDING_CALLS} calls of one connection are answered at the same time`;
      throw new GatewayError("UNAVAILABLE", message, { details, retryable: true });
    }
    if (method === undefined) throw new GatewayError("INVALID_REQUEST", `unknown method: ${name}`);
    if (!hasScope(this.#port.caller.scopes, method.scope)) {
      this.#forbidden += 1;
      const details = { code: "MISSING_SCOPE", missingScope: method.scope, requiredScopes: [method.scope] };
      throw new GatewayError("FORBIDDEN", `missing scope: ${method.scope}`, { details });
    }
    this.#forbidden = 0;
    return method;
  }
}
