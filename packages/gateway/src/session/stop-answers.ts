import type { Stopped } from "../protocol/chat.ts";

/** Stops that are remembered, over all sessions. */
const MAX_REMEMBERED = 1_000;

/**
 * What the last stops under an idempotency key were answered. A stop leaves nothing on disk to know its key by,
 * and one that is sent again, because its answer was lost, must not stop what was begun since.
 */
export class StopAnswers {
  // The one that was given first comes first.
  readonly #answers = new Map<string, Promise<Stopped>>();

  /** What the stop under that key was answered, or will be; undefined when there was none. */
  known(sessionKey: string, idempotencyKey: string): Promise<Stopped> | undefined {
    return this.#answers.get(nameOf(sessionKey, idempotencyKey));
  }

  /** Has `stop` stop the session's runs, once for each key. One that failed may be tried again. */
  answer(sessionKey: string, idempotencyKey: string, stop: () => Promise<string[]>): Promise<Stopped> {
    const name = nameOf(sessionKey, idempotencyKey);
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const answer = stop().then((runIds) => ({ ok: true as const, aborted: runIds.length > 0, runIds }));
    this.#answers.set(name, answer);
    answer.catch(() => this.#answers.delete(name)); // its caller is told
    this.#forgetOldest();
    return answer;
  }

  #forgetOldest(): void {
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_REMEMBERED && oldest !== undefined) this.#answers.delete(oldest);
  }
}

/** No session key has a line break in it. */
function nameOf(sessionKey: string, idempotencyKey: string): string {
  return `${sessionKey}\n${idempotencyKey}`;
}
