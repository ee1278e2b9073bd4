import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { changedAt } from "./changed-at.ts";

/** Nobody waits for a run any longer than this, in milliseconds. */
const LOOKED_AT_MS = 24 * 60 * 60 * 1_000;

/**
 * The transcripts in the folder of the sessions that were left by a reset or a deletion: no key stands for them, and
 * nobody writes to them any more.
 */
export class LeftTranscripts {
  readonly #folder: string;
  readonly #dealtWith = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Those that were changed within the last day and not dealt with. `bound` is asked for the transcripts that keys stand
   * for when the folder has been read: what is in it has had its key before.
   */
  async list(bound: () => Promise<ReadonlySet<string>>): Promise<string[]> {
    const files = await transcriptsIn(this.#folder);
    const isBound = await bound();
    const left: string[] = [];
    for (const file of files) {
      if (isBound.has(file) || this.#dealtWith.has(file)) continue;
      if (Date.now() - (await changedAt({ sessionFile: file })) < LOOKED_AT_MS) left.push(file);
      else this.#dealtWith.add(file);
    }
    return left;
  }

  dealtWith(file: string): void {
    this.#dealtWith.add(file);
  }
}

async function transcriptsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(".jsonl")).map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []; // nothing was stored yet
    throw error;
  }
}
