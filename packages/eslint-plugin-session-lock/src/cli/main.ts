#!/usr/bin/env node
import { hasColours } from "./colours.ts";
import { exitCodes } from "./exit-codes.ts";
import { messageOf } from "./lint-error.ts";
import { showProgress } from "./progress.ts";
import { runCommand } from "./run.ts";

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
