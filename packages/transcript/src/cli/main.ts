#!/usr/bin/env node
import { once } from "node:events";
import { exitCodes } from "./exit-codes.ts";
import { runCommand } from "./run.ts";
import type { Terminal } from "./terminal.ts";

const { stdout, stderr } = process;
const stop = new AbortController();
let isWatching = false;

stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads the output may stop early (`transcript show … | head`): that ends the command, it is no failure.
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  stderr.write(`transcript: cannot write the output: ${error.message}\n`);
  process.exit(exitCodes.failed);
});
// Nobody reads what went wrong; the exit code tells it.
stderr.on("error", () => undefined);

const terminal: Terminal = {
  out: (text) => stdout.write(`${text}\n`),
  async print(text) {
    if (!stdout.write(text)) await once(stdout, "drain", isWatching ? { signal: stop.signal } : {});
  },
  err: (text) => stderr.write(`${text}\n`),
  colours: stdout.isTTY && process.env["NO_COLOR"] === undefined,
  progress: stderr.isTTY ? (line) => stderr.write(`\r\u001b[2K${line}`) : undefined,
  get stop() {
    // Once: the second signal ends the process at once.
    if (!isWatching)
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(signal));
    isWatching = true;
    return stop.signal;
  },
};
process.exitCode = await runCommand(process.argv.slice(2), terminal);
// A wait for the lock that was given up may keep a native thread, and thereby this process, until the holder lets go.
if (process.exitCode === exitCodes.busy) stdout.write("", () => stderr.write("", () => process.exit()));
