import { asIoError, TranscriptError } from "./errors.ts";
import { planAndApply } from "./repair/apply-plan.ts";
import type { RewriteOptions } from "./repair/apply-plan.ts";
import { planCompactions, planListedCompactions } from "./repair/compaction-plan.ts";
import { planHeader } from "./repair/header-plan.ts";
import { planLines } from "./repair/line-plan.ts";
import { linearizeForks } from "./repair/linearize.ts";
import type { Plan, RepairStep } from "./repair/plan.ts";
import { planTree } from "./repair/tree-plan.ts";
import type { SessionFile } from "./file/session-file.ts";

export interface RepairOptions extends RewriteOptions {
  /** Also join the ends of forks that look like a race of two writers (`T10`), in the order of the file. Default: false. */
  readonly linearize?: boolean;
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
  const { linearize = false, signal } = options;
  const { plan, ...done } = await planAndApply(file, "repair", options, (source) =>
    planRepair(file, source, linearize, signal),
  );
  return { ...done, steps: plan.steps };
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
    if (plan.format === 1) {
      planListedCompactions(plan);
      return plan;
    }
    planTree(plan, source);
    if (linearize) linearizeForks(plan);
    planCompactions(plan);
    return plan;
  } catch (error) {
    throw asIoError(error, "read", file);
  }
}
