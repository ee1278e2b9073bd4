import { SessionLockError } from "session-lock";
import { errnoOf, TranscriptError } from "../errors.ts";
import { SessionFile } from "../file/session-file.ts";
import { SessionManager } from "../manager/session-manager.ts";
import { check, mend } from "./check.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CommandOptions } from "./command-line.ts";
import { doctor } from "./doctor.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { helpOf } from "./help.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";
import { takeOver } from "./import.ts";
import { toJson } from "./json.ts";
import { bringToDate } from "./migrate.ts";
import { show } from "./show.ts";
import { follow } from "./tail.ts";
import { printAll } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { readVersion } from "./version.ts";

/** Runs one command line. What goes wrong is told on `err` and by the exit code; it never rejects. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const line = parseCommandLine(argv);
  switch (line.kind) {
    case "help":
      terminal.out(helpOf(line.command));
      return exitCodes.ok;
    case "version":
      terminal.out(readVersion());
      return exitCodes.ok;
    case "wrong":
      terminal.err(
        line.isJson
          ? JSON.stringify({ error: { code: "USAGE", message: line.why } })
          : `transcript: ${line.why}\n\n${helpOf(line.command)}`,
      );
      return exitCodes.usage;
    case "command":
      try {
        return await execute(line.options, terminal);
      } catch (error) {
        if (terminal.stop.aborted) return stopped(terminal);
        terminal.err(failure(error, line.options.isJson));
        return exitCodeOf(error);
      }
  }
}

async function execute(options: CommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { command, subject, isJson, profile, apply, linearize, waitMs, afterSeq } = options;
  const judged = () => ({ ...(profile && { profile }), signal: terminal.stop });
  const rewriting = () => ({ dryRun: !apply, lockTimeoutMs: waitMs, signal: terminal.stop });
  switch (command) {
    case "show":
      await printAll(show(existing(subject), isJson, terminal), terminal);
      return exitCodes.ok;
    case "export":
      await printAll(exported(existing(subject), options), terminal);
      return exitCodes.ok;
    case "tail":
      await follow(subject, isJson, afterSeq, terminal);
      return stopped(terminal);
    case "import":
      return takeOver(options, terminal);
    case "validate":
      return check(subject, isJson, judged(), terminal);
    case "repair":
      return mend(subject, isJson, { ...rewriting(), linearize }, terminal);
    case "migrate":
      return bringToDate(subject, isJson, rewriting(), terminal);
    case "doctor":
      return doctor(subject, isJson, judged(), terminal);
  }
}

/** Opening a session that is missing would be the beginning of a new one. */
function existing(file: string): SessionManager {
  if (sessionSize(file) > 0) return SessionManager.open(file);
  throw new TranscriptError("NOT_FOUND", `there is no session ${file}`, { sessionFile: file });
}

function sessionSize(path: string): number {
  using file = SessionFile.open(path, "read");
  return file?.stat().size ?? 0;
}

function exported(session: SessionManager, { format, isJson }: CommandOptions): Iterable<string> {
  switch (isJson ? "json" : format) {
    case "markdown":
      return toMarkdown(session);
    case "html":
      return toHtml(session);
    case "json":
      return toJson({ header: session.getHeader() }, session.getBranch());
  }
}

function stopped({ stop }: Terminal): ExitCode {
  return stop.reason === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted;
}

function failure(error: unknown, isJson: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  return isJson ? JSON.stringify({ error: { code: errnoOf(error), message } }) : `transcript: ${message}`;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof SessionLockError && error.code === "TIMEOUT") return exitCodes.busy;
  switch (reasonOf(error)) {
    // Of the lock: a folder, a link, a pipe, or a path below a file.
    case "INVALID_TARGET":
    case "NOT_FOUND":
    case "NOT_A_SESSION":
    case "UNSUPPORTED_VERSION":
    case "INVALID_RECORD":
    case "ENOENT":
    case "ENOTDIR":
      return exitCodes.noInput;
    default:
      return exitCodes.failed;
  }
}

/** What only the system refused, the lock too, says by its own code whether there is such a file. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof TranscriptError && error.code === "IO") return error.errno;
  if (error instanceof SessionLockError && error.code === "IO") return errnoOf(error.cause);
  return errnoOf(error);
}
