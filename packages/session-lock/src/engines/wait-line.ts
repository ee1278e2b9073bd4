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

  /** Lines up. Returns false where that is not possible. */
  join(): boolean {
    const file = this.#file;
    if (file === undefined) return false;
    this.#place ??= this.#takePlace(file);
    this.#since = startedAt + performance.now();
    const ticket = ticketAt(this.#since);
    if (!this.#write(ticket)) return false;
    this.#ticket = ticket;
    this.#inFront = this.#countInFront(file);
    return true;
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
    this.#since += leastMs; // too little to lose its place
    this.#ticket = ticketAt(this.#since);
    this.#write(this.#ticket);
    return this.park();
  }

  /** Returns whether we stood in the line. */
  leave(): boolean {
    if (this.#ticket === 0 || this.#place === undefined || this.#file === undefined) return false;
    this.#ticket = 0;
    writePlace(this.#file.fd, this.#place.index, 0);
    if (this.#place.index === crowd) this.#ringCrowd(this.#file);
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

  #takePlace(file: LockFile): Place {
    const index = takePlace(file, this.#lockPath, this.#locks);
    return { index, bell: new Bell(bellOf(file, this.#lockPath, index)) };
  }

  #write(ticket: Ticket): boolean {
    if (this.#file === undefined || this.#place === undefined) return false;
    const { index } = this.#place;
    return index === crowd ? writeCrowd(this.#file.fd, ticket) : writePlace(this.#file.fd, index, ticket);
  }

  #call(file: LockFile, next: Waiting): void {
    if (this.#called?.index !== next.index || this.#called.ticket !== next.ticket) {
      this.#called = next;
      this.#calledAt = performance.now();
    }
    this.#ring(file, next.index, next.ticket);
  }

  /** Sets times of long ago, other ones for each call: what changes is what wakes, and a bell that is left behind counts as old. */
  #ring(file: LockFile, index: number, ticket: Ticket): void {
    const fd = (this.#bells[index] ??= openBell(file, this.#lockPath, index));
    const time = timeOf(ticket) / 1_000;
    futimesSync(fd, time, time);
  }

  /** So that another one of the crowd puts its ticket there. */
  #ringCrowd(file: LockFile): void {
    try {
      this.#ring(file, crowd, ticketAt(this.#since));
    } catch {
      // there is no bell: they look after a while in any case
    }
  }

  #look(file: LockFile): Waiting | undefined {
    readPage(file.fd);
    return this.#firstOther();
  }

  /** Whoever came first according to the page, but for us, and for those who do not come. */
  #firstOther(): Waiting | undefined {
    // In the place of the crowd only others have a ticket while we do not wait; while we do, we call ourselves at worst.
    const own = this.#place === undefined || this.#place.index === crowd ? -1 : this.#place.index;
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
