import type { SessionEntry } from "@session-lock/transcript";
import { withoutImageData } from "./image-summary.ts";
import { readInputs } from "./inputs.ts";
import { wordsOf } from "../run/words.ts";

/** An acknowledged input whose run has not begun, as `chat.history` shows it. */
export interface PendingInput {
  readonly id: string;
  readonly runId: string;
  readonly message: object;
  readonly acceptedAt: number;
  readonly state: "queued";
}

/** The acknowledged inputs that are not on the branch yet, whichever gateway accepted them, the next one first. */
export function readPending(entries: readonly SessionEntry[]): PendingInput[] {
  return readInputs(entries)
    .filter(({ heard, ended }) => !heard && !ended)
    .map(({ entryId: id, input }) => {
      const { runId, acceptedAt } = input;
      return { id, runId, message: withoutImageData(wordsOf(input)), acceptedAt, state: "queued" };
    });
}
