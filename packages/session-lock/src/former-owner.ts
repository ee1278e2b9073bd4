import { asLockError } from "./errors.ts";
import { fence } from "./fence.ts";
import { warn } from "./warning.ts";

/** The owner that lost the lock last, until it is certain that none of its late bytes get into the session file. */
export class FormerOwner {
  readonly #sessionFile: string;
  readonly #isOurs: () => boolean;
  #isAtLarge = false;

  /** `isOurs`: whether the lock on disk is still this process's. Whoever took it away has seen to the fence. */
  constructor(sessionFile: string, isOurs: () => boolean) {
    this.#sessionFile = sessionFile;
    this.#isOurs = isOurs;
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
      if (this.#isOurs()) fence(this.#sessionFile);
    } catch (error) {
      throw asLockError(error, "fence off the former owner", this.#sessionFile);
    }
    this.#isAtLarge = false;
  }
}
