#!/usr/bin/env node
import { hasCode } from "../errors.ts";
import { runCommand } from "./run.ts";
import { exitCodes } from "./exit-codes.ts";
import { printable } from "./printable.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
process.stdout.on("error", (error: Error) => {
  if (hasCode(error, "EPIPE")) {
    stop.abort(); // whoever read this has seen enough
    return;
  }
  process.stderr.write(`session-lock: cannot write the output: ${printable(error.message)}\n`);
  // At once: an exit code set here could be overwritten by that of a command that did what it was asked.
  process.exit(exitCodes.failed);
});
// Nobody reads what went wrong; the exit code tells it.
process.stderr.on("error", () => undefined);

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  colours: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
  stop: stop.signal,
}).catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`session-lock: ${printable(why)}\n`);
  return exitCodes.failed;
});
