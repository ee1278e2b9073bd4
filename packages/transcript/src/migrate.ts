import { asIoError } from "./errors.ts";
import { CURRENT_SESSION_VERSION } from "./file/header.ts";
import { planAndApply } from "./repair/apply-plan.ts";
import type { RewriteOptions } from "./repair/apply-plan.ts";
import { planMigration } from "./repair/migration-plan.ts";

export interface MigrateResult {
  /** True when the file was replaced. */
  readonly applied: boolean;
  /** The version that the file had. */
  readonly from: number;
  /** The version that it has now, or in a dry run would have. */
  readonly to: number;
  /** Where a last line is that was cut off, and lines that were not UTF-8 as they were. */
  readonly rejectedFile?: string;
  /** The file as it was. Absent with `backups: 0`. */
  readonly backupFile?: string;
}

/**
 * Makes a session of version 1 or 2 one of version 3. Nothing else in this package does, and none needs it to read one; only
 * one of version 1 has to be migrated before it can be continued.
 *
 * The file is replaced as a whole, under the session write lock, and its old state is kept. A session of version 3 or 4 stays
 * as it is, so migrating again does nothing. A dry run by default.
 *
 * Rejects with a `TranscriptError`: `NOT_FOUND`, `NOT_A_SESSION`, `UNSUPPORTED_VERSION`, `CONFLICT` (somebody wrote without the
 * lock meanwhile), `IO`; or with the `SessionLockError` of the lock. The file is then as it was.
 */
export async function migrate(file: string, options: RewriteOptions = {}): Promise<MigrateResult> {
  const { plan, ...done } = await planAndApply(file, "migrate", options, async (source) => {
    try {
      return await planMigration(file, source, source.stat().size, options.signal);
    } catch (error) {
      throw asIoError(error, "read", file);
    }
  });
  return { ...done, from: plan.from, to: Math.max(plan.from, CURRENT_SESSION_VERSION) };
}
