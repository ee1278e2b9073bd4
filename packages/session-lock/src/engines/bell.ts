import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import type { Parking } from "../engine.ts";
import { parkingBegins, parkingEnds } from "./waking.ts";
import type { WakeSource } from "./waking.ts";

/** An ear for the call that its process's turn has come: a file of its own, which others touch to wake it, and it alone. */
export class Bell {
  readonly #watcher: FSWatcher | undefined;
  #wake: (() => void) | undefined;
  #wasCalled = false;

  constructor(file: string) {
    this.#watcher = watchFile(file, () => this.call());
  }

  /** Ends the wait for our turn: the one that is going on, or the next. */
  call(): void {
    if (this.#wake === undefined) this.#wasCalled = true;
    else this.#wake();
  }

  readonly onCall: WakeSource = (wake) => {
    const early = this.#wasCalled ? setImmediate(wake) : undefined;
    this.#wasCalled = false;
    this.#wake = wake;
    return () => {
      clearImmediate(early);
      this.#wake = undefined;
    };
  };

  /** Waits for the call, and nothing else. */
  park(): Parking {
    if (this.#wasCalled) {
      this.#wasCalled = false;
      return lookAtOnce;
    }
    parkingBegins();
    const woken = new Promise<void>((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        parkingEnds();
        resolve();
      };
    });
    return { woken, end: this.end };
  }

  /** Ends the wait that is going on, if one is. */
  readonly end = (): void => this.#wake?.();

  get isParked(): boolean {
    return this.#wake !== undefined;
  }

  close(): void {
    this.#watcher?.close();
  }
}

/** Of a wait that is over already. */
export const lookAtOnce: Parking = { woken: undefined, end: () => undefined };

function watchFile(file: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(file, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined; // gone already, or out of watches: its owner looks again after a while in any case
  }
}
