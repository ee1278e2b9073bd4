#!/usr/bin/env node
import { hasCode } from "../errors.ts";
import { runCommand } from "./run.ts";
import { exitCodes } from "./exit-codes.ts";
import { printable } from "./printable.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error) => {
    if (!hasCode(error, "EPIPE")) throw error;
    stop.abort(); // whoever read this has seen enough
  });

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
