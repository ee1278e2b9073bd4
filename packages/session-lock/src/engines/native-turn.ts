import { isMainThread } from "node:worker_threads";
import type { Parking } from "../engine.ts";
import { processWide } from "../process-wide.ts";
import { endWait } from "./interrupt.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockFile } from "./lock-file.ts";

/** Native waits in progress, over all files. */
const native = processWide("native-waits", () => ({ waits: 0 }));

/**
 * Native waits cost a thread each; beyond this many in the process, waiters watch the file instead. In a worker thread they always
 * do: it cannot end a native wait, nor be terminated before that is over, nor its process exit, were the holder stopped for ever.
 */
const mostNativeWaits = isMainThread ? 32 : 0;

interface Wait {
  readonly file: LockFile;
  wake: (() => void) | undefined;
  /** Called when it is over, instead of all else: the engine has let go of the file. */
  close: (() => void) | undefined;
}

/**
 * One process's place in the kernel's queue for a lock file: at most one native wait at a time, however many tasks
 * come and go behind it. A grant that nobody wants any more is given back at once.
 */
export class NativeTurn {
  readonly #locks: KernelLocks;
  readonly #turn: number;
  readonly #isPartOfHold: () => boolean;
  #wait: Wait | undefined;
  #granted = false;
  /** Granted once more, by a hold that is over. */
  #kept: LockFile | undefined;
  /** When the event loop comes round, what is kept then is given back; a burst of holds waits for that once. */
  #isRoundAwaited = false;
  /** The lock was last found held without its turn. */
  #settledSeen = false;

  /** `isPartOfHold`: whether the engine holds the turn together with the lock itself right now. */
  constructor(locks: KernelLocks, turn: number, isPartOfHold: () => boolean) {
    this.#locks = locks;
    this.#turn = turn;
    this.#isPartOfHold = isPartOfHold;
  }

  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Whether the kernel has given us the turn, and nobody has used it yet. */
  get isGranted(): boolean {
    return this.#granted;
  }

  /**
   * How to wait for this file: in the kernel's queue, or by watching, because the lock itself is held for long or too
   * many native waits are under way. `behind`: the lock may be free, and the queue decides.
   */
  ask(file: LockFile, behind: boolean): "queue" | "watch" {
    if (this.#wait !== undefined) return this.#wait.file === file ? "queue" : "watch";
    if (this.#granted) {
      // It was our turn, and the lock was held all the same: its owner has let others wait without it.
      this.#settledSeen = !behind;
      this.giveBack(file);
    }
    if (this.#settledSeen && this.#locks.tryLock(file.fd, this.#turn, 1)) {
      this.#locks.unlock(file.fd, this.#turn, 1);
      return "watch";
    }
    this.#settledSeen = false;
    return native.waits < mostNativeWaits ? "queue" : "watch";
  }

  /** Waits in the kernel's queue. Ending the wait early leaves the native one to who waits next, or to `adopt`. */
  park(file: LockFile): Parking {
    const wait = (this.#wait ??= this.#start(file));
    let end: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wait.wake = resolve;
      end = () => {
        wait.wake = undefined;
        resolve();
      };
    });
    return { woken, end };
  }

  /** The turn became part of a hold. */
  used(): void {
    this.#granted = false;
    this.#kept = undefined;
    this.#settledSeen = false;
  }

  /** The hold is over and its turn is not: it stays ours for the next one, if that begins before the event loop has come round. */
  keep(file: LockFile): void {
    this.#granted = true;
    this.#kept = file;
    if (this.#isRoundAwaited) return;
    this.#isRoundAwaited = true;
    setImmediate(() => {
      this.#isRoundAwaited = false;
      if (this.#kept !== undefined) this.giveBack(this.#kept);
    });
  }

  giveBack(file: LockFile): void {
    if (!this.#granted) return;
    this.#granted = false;
    this.#kept = undefined;
    this.#locks.unlock(file.fd, this.#turn, 1);
  }

  /** Takes over a file that a wait still uses, and ends that wait, at once where the system lets it. Returns false when none does. */
  adopt(file: LockFile): boolean {
    this.#granted = false;
    this.#kept = undefined;
    const wait = this.#wait;
    if (wait?.file !== file) return false;
    this.#wait = undefined;
    wait.wake = undefined;
    wait.close = endWait(file.fd);
    return true;
  }

  #start(file: LockFile): Wait {
    const wait: Wait = { file, wake: undefined, close: undefined };
    native.waits += 1;
    const over = (granted: boolean): void => {
      native.waits -= 1;
      if (wait.close === undefined) this.#end(wait, granted);
      else wait.close();
    };
    // A failed wait (EINTR, ENOLCK) only means: look again.
    this.#locks.waitForLock(file.fd, this.#turn, 1).then(
      () => over(true),
      () => over(false),
    );
    return wait;
  }

  #end(wait: Wait, granted: boolean): void {
    this.#wait = undefined;
    if (wait.wake !== undefined) {
      this.#granted = granted;
      wait.wake();
    } else if (granted && !this.#isPartOfHold()) this.#locks.unlock(wait.file.fd, this.#turn, 1);
  }
}
