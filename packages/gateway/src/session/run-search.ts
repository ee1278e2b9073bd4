import { TranscriptError, type SessionRecord } from "@session-lock/transcript";
import { FileMentions } from "./file-mentions.ts";
import { runKeys } from "./inputs.ts";
import type { Sessions } from "./sessions.ts";
import type { TerminalEvent } from "../run/run-track.ts";

/** What all keys of a run begin with, as the lines of a transcript have them. */
function keyStart(runId: string): string {
  return JSON.stringify(runKeys.end(runId)).slice(0, -'end"'.length);
}

/** Looks in the transcripts for the end of a run that is not on this gateway's board, again and again. */
export class RunSearch {
  readonly #runId: string;
  readonly #sessions: Sessions;
  readonly #mentions = new Map<string, FileMentions>();

  constructor(runId: string, sessions: Sessions) {
    this.#runId = runId;
    this.#sessions = sessions;
  }

  /**
   * How the run ended, in the first session that knows it: the open ones come first, then the one that
   * changed last. Opens only sessions that mention the run; of the others it reads each byte once. Gives up
   * when the signal aborts.
   */
  async look(signal: AbortSignal): Promise<TerminalEvent | undefined> {
    for (const record of await this.#records()) {
      if (signal.aborted) return undefined;
      if (!(await this.#mentionsOf(record).look(signal))) continue;
      const outcome = await this.#outcomeIn(record);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  async #records(): Promise<SessionRecord[]> {
    const records = (await this.#sessions.list()).sort((a, b) => b.updatedAt - a.updatedAt);
    const isOpen = ({ sessionKey }: SessionRecord): boolean => this.#sessions.peek(sessionKey) !== undefined;
    return [...records.filter(isOpen), ...records.filter((record) => !isOpen(record))];
  }

  #mentionsOf({ sessionFile }: SessionRecord): FileMentions {
    const known = this.#mentions.get(sessionFile);
    if (known !== undefined) return known;
    const mentions = new FileMentions(sessionFile, keyStart(this.#runId));
    this.#mentions.set(sessionFile, mentions);
    return mentions;
  }

  async #outcomeIn({ sessionKey }: SessionRecord): Promise<TerminalEvent | undefined> {
    try {
      return await this.#sessions.find(sessionKey, (session) => session.outcome(this.#runId));
    } catch (error) {
      // One session that cannot be read hides no run of another.
      if (error instanceof TranscriptError) return undefined;
      throw error;
    }
  }
}
