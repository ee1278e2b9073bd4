import { withSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { asIoError, TranscriptError } from "../errors.ts";
import { SessionFile } from "../file/session-file.ts";
import { isUnchanged } from "../validate/file-facts.ts";
import type { Plan } from "./plan.ts";
import { keepBackup, keepRejects, writeDrafts } from "./rewrite.ts";

/** How a session file is rewritten. */
export interface RewriteOptions {
  /** Only say what would be done. Takes no lock and writes nothing. Default: true. */
  readonly dryRun?: boolean;
  /** How many earlier states of the file to keep beside it, the newest ones. Default: 3. */
  readonly backups?: number;
  /** How long to wait for the session write lock, in milliseconds. Default: that of `session-lock`. */
  readonly lockTimeoutMs?: number;
  /** Stops the waiting and the planning: nothing has changed then. */
  readonly signal?: AbortSignal;
  /** A lock on this file that the caller holds already. */
  readonly within?: SessionWriteLock;
}

/** What came of a plan. */
export interface Rewritten<P> {
  readonly plan: P;
  /** True when the file was replaced. */
  readonly applied: boolean;
  /** Where the lines are that were taken out. */
  readonly rejectedFile?: string;
  /** The file as it was. Absent with `backups: 0`. */
  readonly backupFile?: string;
}

/**
 * Plans a new state of a session file and, unless it is a dry run, puts it in the file's place: under the lock, as a whole,
 * with the old state kept. A plan without steps changes nothing.
 */
export async function planAndApply<P extends Plan>(
  file: string,
  purpose: string,
  options: RewriteOptions,
  planFor: (source: SessionFile) => Promise<P>,
): Promise<Rewritten<P>> {
  const { dryRun = true, backups = 3, lockTimeoutMs, signal, within } = options;
  if (dryRun) {
    using source = openSource(file);
    return { plan: await planFor(source), applied: false };
  }
  const lockOptions = {
    purpose,
    ...(lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs }),
    ...(signal && { signal }),
    ...(within && { within }),
  };
  return await withSessionWriteLock(
    file,
    async (lock) => {
      using source = openSource(file);
      const opened = source.stat();
      const plan = await planFor(source);
      if (plan.steps.length === 0) return { plan, applied: false };
      return apply(plan, file, backups, source, () => {
        lock.assertHeld();
        if (isUnchanged(file, opened)) return;
        throw new TranscriptError(
          "CONFLICT",
          `${file} was written to without the lock; ${purpose} it again`,
          {
            sessionFile: file,
          },
        );
      });
    },
    lockOptions,
  );
}

function openSource(file: string): SessionFile {
  const source = SessionFile.open(file, "read");
  if (source) return source;
  throw new TranscriptError("NOT_FOUND", `there is no session file ${file}`, { sessionFile: file });
}

/** `assertUntouched` is asked right before the file is replaced. */
function apply<P extends Plan>(
  plan: P,
  file: string,
  backups: number,
  source: SessionFile,
  assertUntouched: () => void,
): Rewritten<P> {
  try {
    assertUntouched();
    // A full disk refuses this first: else every try would add the same lines to the .rej file.
    using draft = writeDrafts(file, plan.drafts, source);
    // The rejected lines are safe before the file without them takes its place.
    const rejectedFile = plan.rejects.length === 0 ? undefined : keepRejects(file, plan.rejects, source);
    assertUntouched();
    const backupFile = backups > 0 ? keepBackup(file, backups) : undefined;
    draft.replace(file);
    return {
      plan,
      applied: true,
      ...(rejectedFile === undefined ? {} : { rejectedFile }),
      ...(backupFile === undefined ? {} : { backupFile }),
    };
  } catch (error) {
    throw asIoError(error, "rewrite", file);
  }
}
