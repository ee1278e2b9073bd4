import type { Presence } from "../protocol/connect.ts";
import { hasScope, type Scope } from "../protocol/scopes.ts";

/** Where events go: one authenticated connection. */
export interface EventSink {
  readonly scopes: readonly Scope[];
  /** What it said it can handle. */
  readonly caps: readonly string[];
  /** Whether it asked for `sessions.changed`. */
  readonly followsSessions: boolean;
  /** Who it is; known once it is authenticated. */
  readonly presence: Presence | undefined;
  /** Whether it asked for `session.message` of that session. */
  followsMessages(sessionKey: string): boolean;
  /** Sends an event; a droppable one is left out for a connection that cannot keep up. */
  deliver(event: string, payloadJson: string, delivery: Delivery): void;
}

/** Whether a later event makes this one superfluous. */
export type Delivery = "droppable" | "certain";

/** Every authenticated connection, and who of them gets what. */
export class Hub {
  readonly #sinks = new Set<EventSink>();

  get size(): number {
    return this.#sinks.size;
  }

  /** Everybody who is connected. */
  presence(): Presence[] {
    return [...this.#sinks].flatMap((sink) => sink.presence ?? []);
  }

  /** Whether anybody wants `sessions.changed`. */
  get hasSessionFollowers(): boolean {
    return [...this.#sinks].some((sink) => sink.followsSessions);
  }

  /** Whether anybody wants `session.message` of that session. */
  hasFollowers(sessionKey: string): boolean {
    return [...this.#sinks].some((sink) => sink.followsMessages(sessionKey));
  }

  join(sink: EventSink): void {
    this.#sinks.add(sink);
  }

  leave(sink: EventSink): void {
    this.#sinks.delete(sink);
  }

  /** To everybody. */
  announce(event: string, payload: object, delivery: Delivery): void {
    this.#send([...this.#sinks], event, payload, delivery);
  }

  /** To everybody who may read conversations; whoever may write may read, so a run's submitter is among them. */
  publish(event: string, payload: object, delivery: Delivery): void {
    this.#send(this.#readers(), event, payload, delivery);
  }

  /** To the readers who said that they can handle it. */
  publishTo(cap: string, event: string, payload: object): void {
    const able = this.#readers().filter((sink) => sink.caps.includes(cap));
    this.#send(able, event, payload, "droppable");
  }

  /** To those who asked to be told of changed sessions. */
  sessionChanged(payload: object): void {
    this.#send(
      [...this.#sinks].filter((sink) => sink.followsSessions),
      "sessions.changed",
      payload,
      "droppable",
    );
  }

  /** To those who asked for the messages of that session. */
  sessionMessage(sessionKey: string, payload: object): void {
    const followers = this.#readers().filter((sink) => sink.followsMessages(sessionKey));
    this.#send(followers, "session.message", payload, "certain");
  }

  #readers(): EventSink[] {
    return [...this.#sinks].filter((sink) => hasScope(sink.scopes, "operator.read"));
  }

  #send(sinks: readonly EventSink[], event: string, payload: object, delivery: Delivery): void {
    if (sinks.length === 0) return;
    const json = JSON.stringify(payload);
    for (const sink of sinks) sink.deliver(event, json, delivery);
  }
}
