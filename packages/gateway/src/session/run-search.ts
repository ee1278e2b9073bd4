import { openTranscript, TranscriptError, type SessionRecord } from "@session-lock/transcript";
import { FileMentions } from "./file-mentions.ts";
import { runKeys } from "./inputs.ts";
import { LeftTranscripts } from "./left-transcripts.ts";
import type { Sessions } from "./sessions.ts";
import type { TerminalNews } from "../run/run-events.ts";
import { readNews } from "../run/stored-outcome.ts";

/** What all keys of a run begin with, as the lines of a transcript have them. */
function keyStart(runId: string): string {
  return JSON.stringify(runKeys.end(runId)).slice(0, -'end"'.length);
}

/** Looks in the transcripts for the end of a run that is not on this gateway's board, again and again. */
export class RunSearch {
  readonly #runId: string;
  readonly #sessions: Sessions;
  readonly #mentions = new Map<string, FileMentions>();
  readonly #left: LeftTranscripts;

  constructor(runId: string, sessions: Sessions) {
    this.#runId = runId;
    this.#sessions = sessions;
    this.#left = new LeftTranscripts(sessions.storePath);
  }

  /**
   * How the run ended, in the first session that knows it: the open ones come first, then the one that
   * changed last, and where none knows it, what resets and deletions have left. Opens only sessions that mention
   * the run; of the others it reads each byte once. Gives up when the signal aborts.
   */
  async look(signal: AbortSignal): Promise<TerminalNews | undefined> {
    let records: SessionRecord[] = [];
    const left = await this.#left.list(async () => {
      records = await this.#records();
      return new Set(records.map(({ sessionFile }) => sessionFile));
    });
    let isKnown = false;
    for (const record of records) {
      if (signal.aborted) return undefined;
      if (!(await this.#mentionsOf(record.sessionFile).look(signal))) continue;
      isKnown = true;
      const outcome = await this.#outcomeIn(record);
      if (outcome !== undefined) return outcome;
    }
    // The same id in a session that is there is a later run, which may still be at work.
    return isKnown ? undefined : this.#lookInLeft(left, signal);
  }

  async #lookInLeft(files: readonly string[], signal: AbortSignal): Promise<TerminalNews | undefined> {
    for (const file of files) {
      const isMentioned = await this.#mentionsOf(file).look(signal);
      if (signal.aborted) return undefined;
      const news = isMentioned ? await this.#newsIn(file) : undefined;
      if (news !== undefined) return news;
      this.#left.dealtWith(file);
    }
    return undefined;
  }

  async #records(): Promise<SessionRecord[]> {
    const records = (await this.#sessions.list()).sort((a, b) => b.updatedAt - a.updatedAt);
    const isOpen = ({ sessionKey }: SessionRecord): boolean => this.#sessions.peek(sessionKey) !== undefined;
    return [...records.filter(isOpen), ...records.filter((record) => !isOpen(record))];
  }

  #mentionsOf(file: string): FileMentions {
    const known = this.#mentions.get(file);
    if (known !== undefined) return known;
    const mentions = new FileMentions(file, keyStart(this.#runId));
    this.#mentions.set(file, mentions);
    return mentions;
  }

  #outcomeIn({ sessionKey }: SessionRecord): Promise<TerminalNews | undefined> {
    return ifReadable(() => this.#sessions.find(sessionKey, (session) => session.outcome(this.#runId)));
  }

  #newsIn(file: string): Promise<TerminalNews | undefined> {
    return ifReadable(async () => {
      await using transcript = await openTranscript(file, { create: false });
      return readNews(await transcript.entries(), this.#runId);
    });
  }
}

/** One transcript that cannot be read hides no run of another. */
async function ifReadable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TranscriptError) return undefined;
    throw error;
  }
}
