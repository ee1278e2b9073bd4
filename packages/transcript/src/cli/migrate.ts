import { migrate } from "../migrate.ts";
import type { RewriteOptions } from "../repair/apply-plan.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** Makes a session of an old version one of today's, or says from which version it would. */
export async function bringToDate(
  file: string,
  isJson: boolean,
  options: RewriteOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const result = await migrate(file, options);
  const { applied, from, to, backupFile, rejectedFile } = result;
  const isCurrent = from === to;
  if (isJson) terminal.out(JSON.stringify({ file, ...result }));
  else {
    if (isCurrent) terminal.out(`${file}: version ${from}, nothing to migrate`);
    else if (applied) terminal.out(`${file}: migrated from version ${from} to ${to}`);
    else terminal.out(`${file}: version ${from}, not changed; --apply makes it ${to}`);
    if (backupFile !== undefined) terminal.out(`as it was: ${backupFile}`);
    if (rejectedFile !== undefined) terminal.out(`taken out: ${rejectedFile}`);
  }
  return applied || isCurrent ? exitCodes.ok : exitCodes.faults;
}
