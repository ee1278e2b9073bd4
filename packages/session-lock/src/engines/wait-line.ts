import { closeSync, futimesSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Parking } from "../engine.ts";
import { Bell, lookAtOnce } from "./bell.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockFile } from "./lock-file.ts";
import { leastMs, ticketAt, timeOf } from "./ticket.ts";
import type { Ticket } from "./ticket.ts";
import {
  bellOf,
  countBefore,
  crowd,
  firstWaiting,
  freeIfDead,
  openBell,
  readPage,
  removeOrphan,
  takePlace,
  writeCrowd,
  writePlace,
} from "./wait-table.ts";
import type { Waiting } from "./wait-table.ts";
import { Looks } from "./looks.ts";
import { crowding } from "./waking.ts";

/** Whoever has not come this long after we called it is stopped, busy or dead, and whoever stands behind it is called instead, in ms. */
const patienceMs = 5;
/** Who waits looks from time to time all the same, for locks whose holder has died: the first in the line this often, in ms. */
const firstLookMs = 5;
/** The others as many times more seldom as stand in front of them, up to this. */
const mostInFront = 7;

interface Place {
  readonly index: number;
  readonly bell: Bell;
}

/** One process's part in the line of those who wait for a kernel lock: its own place, and whom it calls when it lets go. */
export class WaitLine {
  readonly #locks: KernelLocks;
  readonly #lockPath: string;
  readonly #looks = new Looks((parkedMs) => this.#lookAfter(parkedMs));
  #file: LockFile | undefined;
  #place: Place | undefined;
  /** When we came, in ms since the start of the machine, and a little later each time that we were awake. */
  #since = 0;
  /** 0 while we do not wait. */
  #ticket: Ticket = 0;
  /** We wait among those who have no place of their own. */
  #isInCrowd = false;
  #inFront = 0;
  /** The bells of others that we rang, open, by their places. */
  readonly #bells: (number | undefined)[] = [];
  /** Who was first when the page was read last under the lock. */
  #next: Waiting | undefined;
  /** Whom we called last, and when we did first. */
  #called: Waiting | undefined;
  #calledAt = 0;
  /** Those who did not come when we called them: their tickets by their places. */
  readonly #late = new Map<number, Ticket>();

  constructor(locks: KernelLocks, lockPath: string) {
    this.#locks = locks;
    this.#lockPath = lockPath;
  }

  /** This process has opened the lock file. */
  open(file: LockFile): void {
    this.#file = file;
  }

  get hasJoined(): boolean {
    return this.#ticket !== 0;
  }

  /**
   * Lines up. Returns false where there is no place for us, or we `mayLook` for none: then we are to watch the lock file, as all do who have none,
   * and are called together by a change of it.
   */
  join(mayLook: boolean): boolean {
    const file = this.#file;
    if (file === undefined) return false;
    this.#since = startedAt + performance.now();
    const ticket = ticketAt(this.#since);
    if (mayLook) this.#place ??= this.#takePlace(file);
    this.#isInCrowd = !mayLook || this.#place === undefined;
    if (this.#isInCrowd || this.#place === undefined) writeCrowd(file.fd, ticket);
    else if (writePlace(file.fd, this.#place.index, ticket)) {
      this.#ticket = ticket;
      this.#inFront = this.#countInFront(file);
      return true;
    }
    return false;
  }

  /** Whether nobody stood in front of us when that was last looked at, but for those who do not come. */
  get isFirst(): boolean {
    return this.#inFront === 0;
  }

  /** Who has joined waits to be called, and looks from time to time all the same, for locks whose holder has died. */
  park(): Parking {
    this.#looks.begin(this.#lookMs());
    return this.#place?.bell.park() ?? lookAtOnce;
  }

  /** As `park`, after a call or a look that was in vain: says that we are still there, and not among those who do not come. */
  parkAgain(): Parking {
    if (this.#place !== undefined && this.#file !== undefined) {
      this.#since += leastMs; // too little to lose its place
      this.#ticket = ticketAt(this.#since);
      writePlace(this.#file.fd, this.#place.index, this.#ticket);
    }
    return this.park();
  }

  /** Returns whether we stood in the line. */
  leave(): boolean {
    const index = this.#isInCrowd ? crowd : this.#ticket === 0 ? undefined : this.#place?.index;
    if (index === undefined || this.#file === undefined) return false;
    this.#ticket = 0;
    this.#isInCrowd = false;
    writePlace(this.#file.fd, index, 0); // others of the crowd see that, and put theirs there
    return true;
  }

  /** Nobody waits here any more. Returns whether we stood in the line. */
  giveUp(): boolean {
    this.#looks.end();
    return this.leave();
  }

  /** Whether anybody else waits that would come if called. */
  isWanted(): boolean {
    return this.#file !== undefined && this.#look(this.#file) !== undefined;
  }

  /** Reads the page under the lock, and notes whom to call when that is let go. */
  readPage(file: LockFile): Buffer {
    const page = readPage(file.fd);
    this.#next = this.#firstOther();
    return page;
  }

  /** Wakes whoever came first. Returns whether anybody waits. */
  callNext(): boolean {
    const file = this.#file;
    if (file === undefined) return false;
    try {
      const next = this.#next ?? this.#look(file);
      this.#next = undefined;
      if (next !== undefined) this.#call(file, next);
      return next !== undefined;
    } catch {
      return true; // a disk that fails; who waits looks again after a while in any case
    }
  }

  /** Closes the lock file, which gives up the place. */
  close(file: LockFile): void {
    const place = this.#place;
    this.giveUp();
    place?.bell.close();
    for (const fd of this.#bells.splice(0)) if (fd !== undefined) closeSync(fd);
    this.#file = this.#place = this.#next = this.#called = undefined;
    this.#late.clear();
    closeSync(file.fd);
    if (place !== undefined) removeOrphan(file, this.#lockPath, place.index);
  }

  #takePlace(file: LockFile): Place | undefined {
    const index = takePlace(file, this.#lockPath, this.#locks);
    return index === undefined ? undefined : { index, bell: new Bell(bellOf(file, this.#lockPath, index)) };
  }

  #call(file: LockFile, next: Waiting): void {
    if (this.#called?.index !== next.index || this.#called.ticket !== next.ticket) {
      this.#called = next;
      this.#calledAt = performance.now();
    }
    if (next.index === crowd) {
      writePlace(file.fd, crowd, next.ticket);
      return;
    }
    const fd = (this.#bells[next.index] ??= openBell(file, this.#lockPath, next.index));
    // Times of long ago, another one for each call: what changes is what wakes, and a bell that is left behind counts as old.
    const time = timeOf(next.ticket) / 1_000;
    futimesSync(fd, time, time);
  }

  #look(file: LockFile): Waiting | undefined {
    readPage(file.fd);
    return this.#firstOther();
  }

  /** Whoever came first according to the page, but for us, and for those who do not come. */
  #firstOther(): Waiting | undefined {
    const own = this.#place?.index ?? -1;
    for (;;) {
      const first = firstWaiting(own, this.#late);
      if (first === undefined || !this.#isLate(first) || this.#file === undefined) return first;
      this.#late.set(first.index, first.ticket);
      freeIfDead(this.#file.fd, first.index, own, this.#locks);
    }
  }

  #isLate({ index, ticket }: Waiting): boolean {
    const called = this.#called;
    return (
      called?.index === index && called.ticket === ticket && performance.now() - this.#calledAt > patienceMs
    );
  }

  #countInFront(file: LockFile): number {
    readPage(file.fd);
    return countBefore(this.#ticket, this.#late);
  }

  #lookMs(): number {
    return firstLookMs * (1 + Math.min(mostInFront, this.#inFront)) * crowding();
  }

  /** Ends a wait for a call that has lasted so long, if it is time to look; else returns how long still to wait. */
  #lookAfter(parkedMs: number): number {
    const bell = this.#place?.bell;
    if (bell?.isParked !== true || this.#file === undefined) return 0;
    try {
      this.#inFront = this.#countInFront(this.#file);
      const restMs = this.#lookMs() - parkedMs;
      if (restMs > 0) return restMs;
    } catch {
      // to try tells what is wrong
    }
    bell.end();
    return 0;
  }
}

/** Between the clock of this process and that of the machine, which all its processes share, in ms. */
const startedAt = (([seconds, nanoseconds]) => seconds * 1_000 + nanoseconds / 1e6 - performance.now())(
  process.hrtime(),
);
