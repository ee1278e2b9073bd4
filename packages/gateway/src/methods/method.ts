import type { Static, TSchema } from "@sinclair/typebox";
import type { EventSink, Hub } from "../hub.ts";
import type { Health } from "../protocol/connect.ts";
import { createParser } from "../protocol/schema.ts";
import type { Scope } from "../protocol/scopes.ts";
import type { Sessions } from "../sessions.ts";

/** What methods work with. */
export interface Services {
  readonly sessions: Sessions;
  readonly hub: Hub;
  readonly agentId: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  health(): Health;
}

/** The connection that calls. */
export interface Caller extends EventSink {
  /** From now on it gets `sessions.changed`. */
  followSessions(): void;
}

/** A method before its parameters are given: params are checked against the schema before `handle` sees them. */
export interface MethodDefinition<S extends TSchema> {
  readonly name: string;
  /** The least a connection needs to call it. */
  readonly scope: Scope;
  readonly params: S;
  handle(params: Static<S>, services: Services, caller: Caller): object | Promise<object>;
}

/** A method as the dispatcher sees it. */
export interface Method {
  readonly name: string;
  readonly scope: Scope;
  call(params: unknown, services: Services, caller: Caller): Promise<object>;
}

export function defineMethod<S extends TSchema>(definition: MethodDefinition<S>): Method {
  const { name, scope, params } = definition;
  const parse = createParser(params, `${name} params`);
  return {
    name,
    scope,
    call: async (raw = {}, services, caller) => definition.handle(parse(raw), services, caller),
  };
}
