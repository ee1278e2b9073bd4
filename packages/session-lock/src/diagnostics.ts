import diagnosticsChannel from "node:diagnostics_channel";
import type { SessionLockHolder } from "./errors.ts";
import type { EngineName } from "./options.ts";

/** Published on `session-lock:wait` when a call starts to wait. */
export interface WaitEvent {
  readonly sessionFile: string;
  /** Calls of this process that wait for this file, this one included. */
  readonly queued: number;
}

/** Published on `session-lock:acquire` for every new owner; a nested hold is none. */
export interface AcquireEvent {
  readonly sessionFile: string;
  readonly engine: EngineName;
  readonly epoch: number;
  readonly purpose: string | undefined;
  readonly waitedMs: number;
}

/** Published on `session-lock:release` when an owner has let go. */
export interface ReleaseEvent {
  readonly sessionFile: string;
  readonly epoch: number;
  readonly purpose: string | undefined;
  readonly heldMs: number;
}

/** Published on `session-lock:timeout` when a call gave up waiting. */
export interface TimeoutEvent {
  readonly sessionFile: string;
  readonly waitedMs: number;
  readonly sameProcess: boolean;
  readonly holder: SessionLockHolder | undefined;
}

/** Published on `session-lock:takeover` when a lock that its owner did not release was taken. */
export interface TakeoverEvent {
  readonly sessionFile: string;
  /** `dead`: its process is gone. `suspect`: it may still run elsewhere, so the session file got a new inode first. */
  readonly from: "dead" | "suspect";
  readonly epoch: number;
}

/** Published on `session-lock:lost` when an owner lost its right to write. */
export interface LostEvent {
  readonly sessionFile: string;
  readonly epoch: number;
  readonly purpose: string | undefined;
  readonly reason: string;
}

/** The events by channel name, each published on `session-lock:<name>` of node:diagnostics_channel. */
export interface SessionLockEvents {
  readonly wait: WaitEvent;
  readonly acquire: AcquireEvent;
  readonly release: ReleaseEvent;
  readonly timeout: TimeoutEvent;
  readonly takeover: TakeoverEvent;
  readonly lost: LostEvent;
}

const channels = {
  wait: diagnosticsChannel.channel("session-lock:wait"),
  acquire: diagnosticsChannel.channel("session-lock:acquire"),
  release: diagnosticsChannel.channel("session-lock:release"),
  timeout: diagnosticsChannel.channel("session-lock:timeout"),
  takeover: diagnosticsChannel.channel("session-lock:takeover"),
  lost: diagnosticsChannel.channel("session-lock:lost"),
};

/** For the hot path, which would rather not even make the closure that publish() takes. */
export function isObserved(name: keyof SessionLockEvents): boolean {
  return channels[name].hasSubscribers;
}

/** Publishes one event. Its facts are only gathered when somebody listens. */
export function publish<Name extends keyof SessionLockEvents>(
  name: Name,
  facts: () => SessionLockEvents[Name],
): void {
  const channel = channels[name];
  if (channel.hasSubscribers) channel.publish(facts());
}

/** Listens to one kind of event; returns how to stop. */
export function subscribe<Name extends keyof SessionLockEvents>(
  name: Name,
  listener: (event: SessionLockEvents[Name]) => void,
): () => void {
  const channel = channels[name];
  // Only publish() above puts messages on these channels, so their type is known.
  const onMessage = (message: unknown): void => listener(message as SessionLockEvents[Name]);
  channel.subscribe(onMessage);
  return () => {
    channel.unsubscribe(onMessage);
  };
}
