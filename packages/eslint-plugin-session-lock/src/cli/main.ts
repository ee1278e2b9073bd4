#!/usr/bin/env node
import { exitCodes } from "./exit-codes.ts";
import { messageOf } from "./lint-error.ts";
import { showProgress } from "./progress.ts";
import { runCommand } from "./run.ts";

const isPlain = process.env["NO_COLOR"] !== undefined;

process.exitCode = await runCommand(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  hasColours: process.stdout.isTTY && !isPlain,
  onProgress: process.stderr.isTTY ? showProgress((text) => process.stderr.write(text)) : () => undefined,
}).catch((error: unknown) => {
  process.stderr.write(`session-lock-lint: ${messageOf(error)}\n`);
  return exitCodes.trouble;
});
