import { withSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { asIoError, TranscriptError } from "./errors.ts";
import { SessionFile } from "./session-file.ts";
import { planCompactions } from "./repair/compaction-plan.ts";
import { planHeader } from "./repair/header-plan.ts";
import { planLines } from "./repair/line-plan.ts";
import { linearizeForks } from "./repair/linearize.ts";
import type { Plan, RepairStep } from "./repair/plan.ts";
import { keepBackup, keepRejects, writeDrafts } from "./repair/rewrite.ts";
import { planTree } from "./repair/tree-plan.ts";
import { isUnchanged } from "./validate/file-facts.ts";

export interface RepairOptions {
  /** Only say what would be done. Takes no lock and writes nothing. Default: true. */
  readonly dryRun?: boolean;
  /** How many earlier states of the file to keep beside it, the newest ones. Default: 3. */
  readonly backups?: number;
  /** Also join the ends of forks that look like a race of two writers (`T10`), in the order of the file. Default: false. */
  readonly linearize?: boolean;
  /** How long to wait for the session write lock, in milliseconds. Default: that of `session-lock`. */
  readonly lockTimeoutMs?: number;
  /** Stops the waiting and the planning: `repair` then rejects and nothing has changed. */
  readonly signal?: AbortSignal;
  /** A lock on this file that the caller holds already. */
  readonly within?: SessionWriteLock;
}

export interface RepairResult {
  /** True when the file was replaced. */
  readonly applied: boolean;
  /** What was done, or in a dry run would be. Empty for a file without fault. */
  readonly steps: readonly RepairStep[];
  /** Where the lines are that were taken out. */
  readonly rejectedFile?: string;
  /** The file as it was. Absent with `backups: 0`. */
  readonly backupFile?: string;
}

/**
 * Mends a session file by the rules `F` and `T` of docs/validation.md.
 *
 * Nothing is deleted: what cannot stay goes to `<file>.rej`, and every entry that can be read stays, byte for byte
 * unless its own id or parent is at fault. The file is replaced as a whole, under the session write lock, and repairing
 * it again does nothing.
 *
 * Rejects with a `TranscriptError`: `NOT_FOUND`, `NOT_A_SESSION` (no header and no entry in it), `UNSUPPORTED_VERSION`,
 * `CONFLICT` (somebody wrote without the lock meanwhile), `IO`; or with the `SessionLockError` of the lock. The file is
 * then as it was.
 */
export async function repair(file: string, options: RepairOptions = {}): Promise<RepairResult> {
  const { dryRun = true, backups = 3, linearize = false, lockTimeoutMs, signal, within } = options;
  if (dryRun) {
    using source = openSource(file);
    const { steps } = await planRepair(file, source, linearize, signal);
    return { applied: false, steps };
  }
  const lockOptions = {
    purpose: "repair",
    ...(lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs }),
    ...(signal && { signal }),
    ...(within && { within }),
  };
  return await withSessionWriteLock(
    file,
    async (lock) => {
      using source = openSource(file);
      const opened = source.stat();
      const plan = await planRepair(file, source, linearize, signal);
      if (plan.steps.length === 0) return { applied: false, steps: [] };
      return apply(plan, file, backups, source, () => {
        lock.assertHeld();
        if (isUnchanged(file, opened)) return;
        throw new TranscriptError("CONFLICT", `${file} was written to without the lock; repair it again`, {
          sessionFile: file,
        });
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

async function planRepair(
  file: string,
  source: SessionFile,
  linearize: boolean,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  try {
    const plan = await planLines(source, source.stat().size, signal);
    if (plan.format === "other") {
      throw new TranscriptError("UNSUPPORTED_VERSION", `${file} is of a format that repair does not know`, {
        sessionFile: file,
      });
    }
    planHeader(plan, file, process.cwd());
    // The entries of version 1 have no ids and are a list, not a tree.
    if (plan.format === 1) return plan;
    planTree(plan, source);
    if (linearize) linearizeForks(plan);
    planCompactions(plan);
    return plan;
  } catch (error) {
    throw asIoError(error, "read", file);
  }
}

/** `assertUntouched` is asked right before the file is replaced. */
function apply(
  plan: Plan,
  file: string,
  backups: number,
  source: SessionFile,
  assertUntouched: () => void,
): RepairResult {
  try {
    assertUntouched();
    // The rejected lines are safe before the file without them takes its place.
    const rejectedFile = plan.rejects.length === 0 ? undefined : keepRejects(file, plan.rejects, source);
    using draft = writeDrafts(file, plan.drafts, source);
    assertUntouched();
    const backupFile = backups > 0 ? keepBackup(file, backups) : undefined;
    draft.replace(file);
    return {
      applied: true,
      steps: plan.steps,
      ...(rejectedFile === undefined ? {} : { rejectedFile }),
      ...(backupFile === undefined ? {} : { backupFile }),
    };
  } catch (error) {
    throw asIoError(error, "repair", file);
  }
}
