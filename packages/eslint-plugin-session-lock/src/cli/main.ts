#!/usr/bin/env node
import { hasColours } from "./colours.ts";
import { exitCodes } from "./exit-codes.ts";
import { hasCode, messageOf } from "./lint-error.ts";
import { showProgress } from "./progress.ts";
import { runCommand } from "./run.ts";

process.stdout.on("error", (error: Error) => {
  // Whoever reads the report may stop early (`… | head`): what was found is told by the exit code all the same.
  if (hasCode(error, "EPIPE")) return;
  process.stderr.write(`session-lock-lint: cannot write the output: ${error.message}\n`);
  // At once: an exit code set here could be overwritten by that of a run that found nothing.
  process.exit(exitCodes.trouble);
});
// Nobody reads what went wrong; the exit code tells it.
process.stderr.on("error", () => undefined);

process.exitCode = await runCommand(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  hasColours: hasColours(process.stdout.isTTY, process.env["NO_COLOR"]),
  onProgress: process.stderr.isTTY ? showProgress((text) => process.stderr.write(text)) : () => undefined,
}).catch((error: unknown) => {
  process.stderr.write(`session-lock-lint: ${messageOf(error)}\n`);
  return exitCodes.trouble;
});
