import type { SessionEntry } from "./entry.ts";

/** Entries that this process appended. */
export interface SessionTranscriptUpdate {
  readonly sessionFile: string;
  readonly sessionId: string;
  /** In file order. */
  readonly entries: readonly SessionEntry[];
}

export type SessionTranscriptListener = (update: SessionTranscriptUpdate) => void;

// Shared by every copy of this package in the process, so that a listener hears all of them.
const LISTENERS = Symbol.for("@session-lock/transcript.listeners");

/**
 * Calls `listener` after each durable append of this process, whichever API made it, in the order of the appends.
 *
 * Appends of other processes are not reported. A listener that throws does not fail the append; its error becomes a
 * process warning. Returns the function that ends it.
 */
export function onSessionTranscriptUpdate(listener: SessionTranscriptListener): () => void {
  const entry = { listener };
  listeners.add(entry);
  return () => {
    listeners.delete(entry);
  };
}

/** Tells the listeners as soon as the appending code yields, so that none of them runs inside it. */
export function announce(describe: () => SessionTranscriptUpdate): void {
  if (listeners.size === 0) return;
  const update = describe();
  queueMicrotask(() => {
    for (const { listener } of listeners) call(listener, update);
  });
}

interface Registration {
  readonly listener: SessionTranscriptListener;
}

function call(listener: SessionTranscriptListener, update: SessionTranscriptUpdate): void {
  try {
    listener(update);
  } catch (error) {
    // The append is durable and stays; the failure is the listener's, and is reported as such.
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  }
}

function sharedListeners(): Set<Registration> {
  const shared: unknown = Reflect.get(globalThis, LISTENERS);
  if (isListeners(shared)) return shared;
  const created = new Set<Registration>();
  Reflect.set(globalThis, LISTENERS, created);
  return created;
}

/** Only copies of this package know the symbol, and they put nothing else there. */
function isListeners(value: unknown): value is Set<Registration> {
  return value instanceof Set;
}

const listeners: Set<Registration> = sharedListeners();
