#!/usr/bin/env node
import { exitCodes } from "./exit-codes.ts";
import { runCommand } from "./run.ts";
import type { Terminal } from "./terminal.ts";

const { stdout, stderr } = process;
const stop = new AbortController();
// Once: the second one ends the process at once.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(signal));
// Whoever reads the output may stop early (`transcript show … | head`): that ends the command, it is no failure.
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const terminal: Terminal = {
  out: (text) => stdout.write(`${text}\n`),
  err: (text) => stderr.write(`${text}\n`),
  colours: stdout.isTTY && process.env["NO_COLOR"] === undefined,
  progress: stderr.isTTY ? (line) => stderr.write(`\r\u001b[2K${line}`) : undefined,
  stop: stop.signal,
};
process.exitCode = await runCommand(process.argv.slice(2), terminal);
// A wait for the lock that was given up may keep a native thread, and thereby this process, until the holder lets go.
if (process.exitCode === exitCodes.busy) stdout.write("", () => stderr.write("", () => process.exit()));
