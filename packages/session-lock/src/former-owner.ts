import type { Engine } from "./engine.ts";
import { asLockError } from "./errors.ts";
import { fence } from "./fence.ts";
import { warn } from "./warning.ts";

/** The owner that lost the lock last, until it is certain that none of its late bytes get into the session file. */
export class FormerOwner {
  readonly #sessionFile: string;
  readonly #engine: Pick<Engine, "isOurs" | "disown">;
  #isAtLarge = false;

  constructor(sessionFile: string, engine: Pick<Engine, "isOurs" | "disown">) {
    this.#sessionFile = sessionFile;
    this.#engine = engine;
  }

  /** Not fenced off yet: nobody else may have the lock. */
  get isAtLarge(): boolean {
    return this.#isAtLarge;
  }

  /** Takes note of one and fences it off; where that fails (a full disk), it is warned of, and is to be tried again. */
  lost(): void {
    this.#isAtLarge = true;
    try {
      this.fenceOff();
    } catch (error) {
      const what = `nobody gets the write lock on ${this.#sessionFile} before its former owner is fenced off`;
      warn("SESSION_LOCK_UNFENCED", `${what}: ${String(error)}`);
    }
  }

  /** Throws `IO` where that cannot be done now. */
  fenceOff(): void {
    try {
      // Whoever took the lock away has seen to the fence; where it only went out of reach, the next owner has to.
      const isOurs = (): boolean => this.#engine.isOurs();
      if (!isOurs() || !fence(this.#sessionFile, isOurs)) this.#engine.disown();
    } catch (error) {
      throw asLockError(error, "fence off the former owner", this.#sessionFile);
    }
    this.#isAtLarge = false;
  }
}
