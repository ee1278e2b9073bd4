import { type SessionRecord, type SessionRecordPatch, type SessionStore } from "@session-lock/transcript";
import { changedAt } from "./changed-at.ts";
import { GatewayError } from "../errors.ts";
import { bytesOf, surplusOf } from "./idle-sessions.ts";
import { forgetKey, renewKey } from "./key-change.ts";
import { isOfReplaced } from "../protocol/error-shape.ts";
import type { SessionSetup } from "./session-setup.ts";
import { Session } from "./session.ts";

interface OpenSession {
  readonly opening: Promise<Session>;
  /** Calls that work with it now. */
  users: number;
  /** Of its transcript, when a session was opened last. */
  bytes: number;
}

/** The sessions that are open, each once. Nobody holds one longer than a call, so that idle ones can be closed. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #setup: SessionSetup;
  // Least recently used first.
  readonly #open = new Map<string, OpenSession>();
  readonly #ready = new Map<string, Session>();
  readonly #calls = new Set<Promise<unknown>>();
  #phase: "serving" | "draining" | "closed" = "serving";

  constructor(store: SessionStore, setup: SessionSetup) {
    this.#store = store;
    this.#setup = setup;
  }

  /** The folder of the transcripts and of what keys stand for. */
  get storePath(): string {
    return this.#store.storePath;
  }

  get draining(): boolean {
    return this.#phase !== "serving";
  }

  /** The sessions that are open now. */
  live(): Session[] {
    return [...this.#ready.values()];
  }

  /** The open session of that key, if it is open. */
  peek(sessionKey: string): Session | undefined {
    return this.#ready.get(sessionKey);
  }

  /** Throws `UNAVAILABLE` while the gateway shuts down. */
  refuseWhileDraining(): void {
    if (!this.draining) return;
    const facts = { retryable: true, retryAfterMs: 1_000 };
    throw new GatewayError("UNAVAILABLE", "the gateway is shutting down", facts);
  }

  /** Works with a session, created on first use. Throws `UNAVAILABLE` while the gateway shuts down. */
  async ensure<T>(sessionKey: string, work: (session: Session) => T | Promise<T>): Promise<T> {
    return this.#following(sessionKey, () => {
      this.refuseWhileDraining();
      return this.#use(sessionKey, () => this.#store.ensure(sessionKey), work);
    });
  }

  /** Works with a session that exists; `undefined` when there is none. */
  async find<T>(sessionKey: string, work: (session: Session) => T | Promise<T>): Promise<T | undefined> {
    return this.#following(sessionKey, async () => {
      // An open session can still be read and stopped while the gateway drains, and its record is known.
      if (this.#phase !== "closed" && this.#ready.has(sessionKey)) {
        return this.#use(sessionKey, () => this.#store.ensure(sessionKey), work);
      }
      const record = await this.#store.get(sessionKey);
      if (record === undefined) return undefined;
      if (this.#phase === "closed" || !this.#open.has(sessionKey)) this.refuseWhileDraining();
      return this.#use(sessionKey, () => Promise.resolve(record), work);
    });
  }

  /**
   * Sets fields of a session's record, created on first use, and has the open session follow them. What `check` throws, given
   * the record under its lock, leaves all as it is.
   */
  async patch(
    sessionKey: string,
    patch: SessionRecordPatch,
    check: (record: SessionRecord) => void,
  ): Promise<SessionRecord> {
    return this.ensure(sessionKey, async (session) => {
      const record = await this.#store.update(sessionKey, (before) => {
        if (before !== undefined) check(before);
        return patch;
      });
      if (record === undefined) throw new GatewayError("UNAVAILABLE", "the session was deleted meanwhile");
      session.set(record);
      return record;
    });
  }

  /** A session's record; undefined when there is none of that key. */
  record(sessionKey: string): Promise<SessionRecord | undefined> {
    return this.#store.get(sessionKey);
  }

  /** Gives the key a new, empty session with the same settings. */
  async reset(sessionKey: string): Promise<SessionRecord> {
    return this.ensure(sessionKey, (session) =>
      this.#replace(session, (endedId) => renewKey(this.#store, sessionKey, endedId)),
    );
  }

  /** Forgets a key; its transcript stays. False when there was none. `check` as in `patch`, when the runs are stopped. */
  async delete(sessionKey: string, check: (record: SessionRecord) => void): Promise<boolean> {
    const forget = (endedId: string) => forgetKey(this.#store, sessionKey, { endedId, check });
    return (await this.find(sessionKey, (session) => this.#replace(session, forget))) ?? false;
  }

  /** Every session's record; `updatedAt` is the last change of the record or of the transcript, whoever made it. */
  async list(): Promise<SessionRecord[]> {
    const records = await this.#store.list();
    return Promise.all(
      records.map(async (record) => ({
        ...record,
        updatedAt: Math.max(record.updatedAt, await changedAt(record)),
      })),
    );
  }

  /** The keys there are. */
  async keys(): Promise<string[]> {
    return (await this.#store.list()).map(({ sessionKey }) => sessionKey);
  }

  /**
   * Refuses new work, waits up to `graceMs` for the active runs, then stops them, which keeps what they have said.
   * Waiting runs stay on disk for the next start.
   */
  async drain(graceMs: number): Promise<void> {
    this.#phase = "draining";
    await Promise.allSettled(this.#calls);
    const timer = setTimeout(() => this.abortActive(), graceMs);
    await this.#each((session) => session.stop());
    clearTimeout(timer);
    this.#phase = "closed";
    await Promise.allSettled(this.#calls);
    await this.#each((session) => session.close());
    this.#open.clear();
    this.#ready.clear();
  }

  /** Stops the runs that work now, keeping what they have said; the waiting ones stay on disk. */
  abortActive(): void {
    for (const session of this.live()) {
      if (session.activeRunId !== undefined) session.abort(session.activeRunId, "shutdown");
    }
  }

  /** Ends every session; one that fails, whose files may be gone, keeps neither the others nor the gateway from ending. */
  async #each(end: (session: Session) => Promise<void>): Promise<void> {
    const failed = (error: unknown): void => this.#setup.log.error({ err: error }, "ending a session failed");
    await Promise.all(this.live().map((session) => end(session).catch(failed)));
  }

  /** Makes a call for what the key stands for now, and again when another gateway has given it a new session meanwhile. */
  async #following<T>(key: string, call: () => T | Promise<T>): Promise<T> {
    if (this.#setup.peers.hasOthers && this.#ready.has(key)) await this.#followKey(key);
    try {
      return await call();
    } catch (error) {
      if (!isOfReplaced(error)) throw error;
      await this.#followKey(key);
      return call(); // nothing was written
    }
  }

  /** Takes over what another gateway set; lets go of a session whose key it gave a new one, or forgot. */
  async #followKey(key: string): Promise<void> {
    const session = this.#ready.get(key);
    const record = await this.#store.get(key);
    // Of one that was opened meanwhile the record may be too old.
    if (session === undefined || session !== this.#ready.get(key)) return;
    if (session.transcript.sessionId === record?.sessionId) session.set(record);
    else this.#forget(session);
  }

  async #use<T>(
    key: string,
    record: () => Promise<SessionRecord>,
    work: (s: Session) => T | Promise<T>,
  ): Promise<T> {
    const open = this.#open.get(key) ?? { opening: this.#openSession(key, record), users: 0, bytes: 0 };
    this.#open.delete(key);
    this.#open.set(key, open);
    open.users += 1;
    const call = open.opening.then(work);
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
      open.users -= 1;
      this.#closeIdle();
    }
  }

  async #openSession(key: string, record: () => Promise<SessionRecord>): Promise<Session> {
    try {
      const session = await Session.open(await record(), this.#setup);
      this.#ready.set(key, session);
      for (const [other, open] of this.#open) open.bytes = bytesOf(this.#ready.get(other));
      return session;
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  /** Ends a session and then changes what its key stands for, so that nothing goes to the old one unseen. */
  async #replace<T>(session: Session, change: (endedId: string) => Promise<T>): Promise<T> {
    const result = await session.retire(() => change(session.transcript.sessionId));
    await this.#close(session);
    return result;
  }

  #closeIdle(): void {
    const idle = [...this.#open].flatMap(([key, { users, bytes }]) => {
      const session = this.#ready.get(key);
      return users === 0 && session?.busy === false ? [{ session, bytes }] : [];
    });
    for (const { session } of surplusOf(idle)) this.#forget(session);
  }

  #forget(session: Session): void {
    const failed = (error: unknown): void => this.#setup.log.warn({ err: error }, "closing a session failed");
    this.#close(session).catch(failed);
  }

  async #close(session: Session): Promise<void> {
    // Whoever has let it go before may have opened another one of its key since.
    if (this.#ready.get(session.sessionKey) === session) {
      this.#open.delete(session.sessionKey);
      this.#ready.delete(session.sessionKey);
    }
    await session.close();
  }
}
