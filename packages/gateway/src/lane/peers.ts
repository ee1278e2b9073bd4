import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { makeStateFolder } from "../state-folder.ts";

/** How often a gateway looks who else is there. */
const LOOK_MS = 500;
const LONGEST_MS = 2 ** 31 - 1;
/** What the lock says while a gateway that is no more is taken over from. */
const TAKE_OVER = "takes over from a gateway that is gone";
const PRESENCE_FILE = /^([0-9a-f-]{36})\.json$/;

/** What makes a gateway known: a file among those of the others, the purpose of its lock, and what is in it. */
interface Place {
  readonly folder: string;
  readonly file: string;
  readonly name: string;
  readonly record: string;
}

/**
 * The gateways on one state folder. Each has a file in `gateways/` whose lock it holds as long as it lives: the system
 * frees it when the process dies, so who is there is never a matter of guessing.
 */
export class Peers {
  readonly id: string;
  readonly #folder: string;
  readonly #place: Place;
  #presence: SessionWriteLock;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #others: number | undefined;

  private constructor(id: string, place: Place, presence: SessionWriteLock) {
    this.id = id;
    this.#folder = place.folder;
    this.#place = place;
    this.#presence = presence;
  }

  /** Makes this gateway known. Close it after use. */
  static async join(stateDir: string, name: string): Promise<Peers> {
    const folder = join(stateDir, "gateways");
    await makeStateFolder(folder);
    const id = randomUUID();
    const record = `${JSON.stringify({ id, name, pid: process.pid, startedAt: Date.now() })}\n`;
    const place: Place = { folder, file: join(folder, `${id}.json`), name, record };
    return new Peers(id, place, await take(place));
  }

  /** Whether there may be others: false once a look has found nobody. */
  get hasOthers(): boolean {
    return this.#others !== 0;
  }

  /** Whether that gateway is this one, or another that lives. */
  isLive(id: string | undefined): boolean {
    if (id === undefined) return false;
    if (id === this.id) return true;
    if (!PRESENCE_FILE.test(`${id}.json`)) return false;
    const { state, holder } = inspectSessionLock(this.#fileOf(id));
    return state === "held" && holder?.purpose !== TAKE_OVER;
  }

  /** From now on calls `onGone` when a gateway is no more, until one of those who live has done so without a failure. */
  follow(onGone: () => Promise<void>, onFailure: (error: unknown) => void): void {
    const failing = new Set<string>();
    // One that cannot be looked at, or the folder (""), is told of once, and keeps this gateway from none that is listed after it.
    const attempt = async (id: string, look: () => Promise<void>): Promise<void> => {
      try {
        await look();
        failing.delete(id);
      } catch (error) {
        if (!failing.has(id)) onFailure(error);
        failing.add(id);
      }
    };
    const look = async (): Promise<void> => {
      await attempt(this.id, () => this.#stay(lookAgain));
      await attempt("", () => this.#look((id) => attempt(id, () => this.#visit(id, onGone))));
    };
    const lookAgain = (): void => {
      this.#looking = this.#looking.then(() => (this.#timer === undefined ? undefined : look()));
    };
    this.#looking = look();
    this.#timer = setInterval(lookAgain, LOOK_MS).unref();
  }

  /** Leaves; what this gateway had accepted and not begun is taken over by those who stay. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#looking;
    await this.#presence.release();
  }

  /** Leaves without a trace, having taken nothing in: of a file that stays, the next gateway looks into every session. */
  async withdraw(): Promise<void> {
    await rm(this.#fileOf(this.id), { force: true });
    await this.close();
  }

  /** No lock is held for ever, and whoever has lost this one counts as gone: it is taken again as soon as it is lost. */
  async #stay(onLost: () => void): Promise<void> {
    if (!this.#presence.held) this.#presence = await take(this.#place);
    // Of one and the same listener the signal keeps one.
    this.#presence.signal.addEventListener("abort", onLost);
  }

  async #look(visit: (id: string) => Promise<void>): Promise<void> {
    const names = await readdir(this.#folder);
    const ids = names.flatMap((name) => PRESENCE_FILE.exec(name)?.[1] ?? []);
    const others = ids.filter((id) => id !== this.id);
    for (const id of others) await visit(id);
    this.#others = others.length;
  }

  async #visit(id: string, onGone: () => Promise<void>): Promise<void> {
    const sessionFile = this.#fileOf(id);
    const lock = tryAcquireSessionWriteLock({ sessionFile, purpose: TAKE_OVER, maxHoldMs: LONGEST_MS });
    if (lock === undefined) return; // it lives, or another one takes over from it
    try {
      await onGone();
      await rm(sessionFile, { force: true });
    } finally {
      await lock.release();
    }
  }

  #fileOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** Takes the lock of the file and writes it; release it after use. */
async function take({ file, name, record }: Place): Promise<SessionWriteLock> {
  const presence = await acquireSessionWriteLock({
    sessionFile: file,
    purpose: name,
    maxHoldMs: LONGEST_MS,
  });
  try {
    // After the lock: whoever finds the file finds its owner alive, or dead for good.
    // eslint-disable-next-line session-lock/no-raw-transcript-write -- a presence file, no transcript
    await writeFile(file, record, { mode: 0o600 });
    return presence;
  } catch (error) {
    await presence.release();
    throw error;
  }
}
