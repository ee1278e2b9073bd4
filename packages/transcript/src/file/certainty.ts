/**
 * Whether what is known of a file is the truth for an owner of its lock.
 *
 * What was read without the lock was perhaps being synced, which failed; and whoever had the lock since may have written
 * behind a file that was cut. Every owner's epoch is greater than all before, so nobody was between two that follow.
 */
export class Certainty {
  #isHearsay = false;
  #confirmedIn: number | undefined;

  /** Something was read that is not confirmed. */
  shake(): void {
    this.#isHearsay = true;
  }

  /** The owner of this epoch has seen to it that what is known is true. */
  confirm(epoch: number | undefined): void {
    this.#isHearsay = false;
    this.#confirmedIn = epoch;
  }

  isGivenIn(epoch: number | undefined): boolean {
    return !this.#isHearsay && this.#follows(epoch);
  }

  /** False when somebody else may have had the lock. What is known is hearsay until it is confirmed. */
  goesOnIn(epoch: number): boolean {
    if (!this.#follows(epoch)) return false;
    this.#isHearsay = true;
    this.#confirmedIn = epoch;
    return true;
  }

  #follows(epoch: number | undefined): boolean {
    const passed = (epoch ?? NaN) - (this.#confirmedIn ?? NaN);
    return passed === 0 || passed === 1;
  }
}
