import type { Logger } from "pino";
import type { Sessions } from "./sessions.ts";

/** After this long a session that could not be looked into is tried again, in milliseconds. */
const AGAIN_MS = 2_000;

/** Has what gateways that are no more acknowledged and did not end run here. */
export class Recovery {
  readonly #sessions: Sessions;
  readonly #log: Logger;
  /** Sessions that could not be looked into yet: nobody else does it for us. */
  readonly #failing = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(sessions: Sessions, log: Logger) {
    this.#sessions = sessions;
    this.#log = log;
  }

  /** Looks into every session. One that cannot be looked into is logged, and tried again until it can. */
  async run(): Promise<void> {
    await this.#visit(await this.#sessions.keys());
  }

  async #visit(sessionKeys: readonly string[]): Promise<void> {
    for (const sessionKey of sessionKeys) {
      if (this.#sessions.draining) return;
      try {
        await this.#sessions.find(sessionKey, (session) => session.adopt());
        this.#failing.delete(sessionKey);
      } catch (error) {
        this.#failed(sessionKey, error);
      }
    }
  }

  #failed(sessionKey: string, error: unknown): void {
    if (this.#sessions.draining) return; // the next start looks into it
    if (!this.#failing.has(sessionKey)) this.#log.error({ err: error, sessionKey }, "recovery failed");
    this.#failing.add(sessionKey);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#visit([...this.#failing]); // its failures come here again
    }, AGAIN_MS).unref();
  }
}
