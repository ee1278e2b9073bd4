import { withSessionWriteLock } from "session-lock";
import { validate, type Finding } from "@session-lock/transcript";

/** What somebody saw who looked at a transcript again and again. */
export interface Sight {
  /** How often it was looked at. */
  readonly looks: number;
  /** What was wrong at any of these moments. */
  readonly faults: readonly Finding[];
}

/**
 * Looks at a transcript, again and again, until `done` settles. Each look is made under the write lock, so it sees what
 * is between two writes and never half of one.
 */
export async function watchTranscript(sessionFile: string, done: Promise<unknown>): Promise<Sight> {
  const faults: Finding[] = [];
  const over = new AbortController();
  const stop = (): void => over.abort();
  done.then(stop, stop);
  let looks = 0;
  while (!over.signal.aborted) {
    const report = await withSessionWriteLock(sessionFile, () => validate(sessionFile), { purpose: "watch" });
    faults.push(...report.findings.filter((finding) => finding.severity === "E"));
    looks += 1;
  }
  return { looks, faults };
}
