#!/usr/bin/env node
import { parseCommandLine, type CommandName } from "./cli/command-line.ts";
import { exitCodes, type ExitCode } from "./cli/exit-codes.ts";
import { helpTexts } from "./cli/help.ts";
import { oneLine } from "./cli/one-line.ts";
import type { Terminal } from "./cli/terminal.ts";
import { GatewayError } from "./errors.ts";
import { readVersion } from "./version.ts";

const terminal: Terminal = {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  env: process.env,
};
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads the output may stop early (`call … | head`): that is no failure, and a gateway serves on.
  if (error.code === "EPIPE") return;
  terminal.err(`session-gateway: cannot write the output: ${oneLine(error.message)}`);
  process.exitCode = exitCodes.failed;
});
// Nobody reads what went wrong; the exit code tells it.
process.stderr.on("error", () => undefined);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  terminal.err(
    `session-gateway: ${error instanceof GatewayError ? oneLine(error.message) : inspectable(error)}`,
  );
  process.exitCode = exitCodes.failed;
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const line = parseCommandLine(argv);
  switch (line.kind) {
    case "help":
      process.stdout.write(helpTexts[line.about]);
      return exitCodes.ok;
    case "version":
      terminal.out(readVersion());
      return exitCodes.ok;
    case "wrong":
      terminal.err(`session-gateway: ${oneLine(line.why)} (see ${helpOf(line.command)})`);
      return exitCodes.usage;
    // Each loads what it needs and no more: to ask a gateway, or to be told of a wrong flag, takes no server.
    case "serve":
      return (await import("./cli/serve.ts")).runServe(line.flags, terminal);
    case "call":
      return (await import("./cli/run-ask.ts")).runCall(line, terminal);
    case "status":
      return (await import("./cli/run-ask.ts")).runStatus(line.flags, terminal);
  }
}

function helpOf(command: CommandName | undefined): string {
  return command === undefined ? "session-gateway --help" : `session-gateway ${command} --help`;
}

function inspectable(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
