import type { Static, TSchema } from "@sinclair/typebox";
import type { EventSink, Hub } from "../connection/hub.ts";
import type { Health } from "../protocol/connect.ts";
import { createParser } from "../protocol/schema.ts";
import type { Sent } from "../protocol/sent.ts";
import type { Scope } from "../protocol/scopes.ts";
import type { Metrics } from "../http/metrics.ts";
import type { RunBoard } from "../run/run-board.ts";
import type { AgentRunner } from "../runners/runner.ts";
import type { Sessions } from "../session/sessions.ts";
import type { StopAnswers } from "../session/stop-answers.ts";

/** What methods work with. */
export interface Services {
  readonly sessions: Sessions;
  readonly hub: Hub;
  /** What runs have told. */
  readonly board: RunBoard;
  readonly metrics: Metrics;
  readonly model: AgentRunner["model"];
  /** What the runner gives its model. */
  readonly tools: NonNullable<AgentRunner["tools"]>;
  readonly agentId: string;
  /** What stops a session in place of being a message. */
  readonly stopTexts: ReadonlySet<string>;
  /** What stops were answered. */
  readonly stops: StopAnswers;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Since then, whatever the clock has been set to. */
  readonly uptimeMs: () => number;
  /** Whether there may be other gateways on the state folder. */
  readonly hasPeers: () => boolean;
  health(): Health;
}

/** The connection that calls. */
export interface Caller extends EventSink {
  /** From now on it gets `sessions.changed`. */
  followSessions(): void;
  /** From now on, or no more, it gets `session.message` of that session. */
  followMessages(sessionKey: string, follows: boolean): void;
}

/** One call, as the method that answers it sees it. */
interface Call {
  readonly caller: Caller;
  /** Aborts when the connection is closed: nobody waits for the answer any more. */
  readonly gone: AbortSignal;
  /** Sends an answer before the last one, under the same id. */
  answerFirst(payload: object): void;
}

/** A method before its parameters are given: params are checked against the schema before `handle` sees them. */
export interface MethodDefinition<S extends TSchema, R extends TSchema> {
  readonly name: string;
  /** What it is for and when it answers, in a sentence or two. */
  readonly summary: string;
  /** The least a connection needs to call it. */
  readonly scope: Scope;
  readonly params: S;
  /** What it answers. */
  readonly result: R;
  handle(params: Static<S>, services: Services, call: Call): Sent<Static<R>> | Promise<Sent<Static<R>>>;
}

/** A method as the dispatcher sees it. */
export interface Method<R extends TSchema = TSchema> {
  readonly name: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly params: TSchema;
  readonly result: R;
  call(params: unknown, services: Services, call: Call): Promise<Sent<Static<R>>>;
}

export function defineMethod<S extends TSchema, R extends TSchema>(
  definition: MethodDefinition<S, R>,
): Method<R> {
  const { name, summary, scope, params, result } = definition;
  const parse = createParser(params, `${name} params`);
  return {
    name,
    summary,
    scope,
    params,
    result,
    call: async (raw = {}, services, call) => definition.handle(parse(raw), services, call),
  };
}
