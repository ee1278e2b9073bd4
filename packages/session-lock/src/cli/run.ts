import { lstatSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { breakSessionLock } from "../break.ts";
import { cleanSessionLocks } from "../clean.ts";
import { hasCode } from "../errors.ts";
import { inspectSessionLock } from "../inspect.ts";
import type { SessionLockStatus } from "../inspect.ts";
import { listedStatus, listSessionLocks } from "../list.ts";
import { lockPathOf, sessionFileOf } from "../target.ts";
import { explain, table } from "./describe.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { help } from "./help.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";
import { readVersion } from "./version.ts";
import { watchLocks } from "./watch.ts";

const commandNames = ["ls", "why", "watch", "break", "clean", "help", "version"] as const;

interface Flags {
  readonly json: boolean;
  readonly force: boolean;
  readonly reason: string | undefined;
}

/** Runs one command line. Rejects only when the system fails. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const parsed = parse(argv);
  if (typeof parsed === "string") return wrongUsage(parsed, terminal);
  const { command, subject, flags } = parsed;
  if (command === "help") {
    terminal.out(help);
    return exitCodes.ok;
  }
  if (command === "version") {
    terminal.out(readVersion());
    return exitCodes.ok;
  }
  // An empty one, which an unset variable leaves, would be the working folder.
  if (subject === undefined || subject === "") return wrongUsage(`${command} needs a path`, terminal);
  const target = path.resolve(subject);
  switch (command) {
    case "ls":
      return list(target, flags, terminal);
    case "why":
      return why(sessionAt(target), flags, terminal);
    case "watch":
      await watchLocks(sessionAt(target), flags.json, terminal);
      return exitCodes.ok;
    case "break":
      return breakLock(sessionAt(target), flags, terminal);
    case "clean":
      return clean(target, flags, terminal);
  }
}

interface CommandLine {
  readonly command: (typeof commandNames)[number];
  readonly subject: string | undefined;
  readonly flags: Flags;
}

function parse(argv: readonly string[]): CommandLine | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        force: { type: "boolean", default: false },
        reason: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
      },
    });
    const [name, subject, extra] = positionals;
    const flags: Flags = { json: values.json, force: values.force, reason: values.reason };
    if (values.help) return { command: "help", subject, flags };
    if (values.version) return { command: "version", subject, flags };
    if (name === undefined) return "which command?";
    // Before all that depends on the command: to be told of a path that is missing helps nobody who mistyped it.
    const command = commandNames.find((known) => known === name);
    if (command === undefined) return `there is no command ${JSON.stringify(name)}`;
    if (extra !== undefined) return `one path only, not also ${JSON.stringify(extra)}`;
    if (command !== "break" && (values.force || values.reason !== undefined))
      return "--force and --reason are for break only";
    return { command, subject, flags };
  } catch (error) {
    if (error instanceof TypeError && "code" in error) return error.message;
    throw error;
  }
}

function list(target: string, flags: Flags, terminal: Terminal): ExitCode {
  const statuses = statusesAt(target);
  if (statuses === undefined) return wrongUsage(`${target} is no folder and no session file`, terminal);
  terminal.out(flags.json ? JSON.stringify(statuses) : table(statuses, terminal.colours));
  const problems = statuses.filter(({ state }) => state === "unknown");
  if (!flags.json) for (const status of problems) terminal.err(explain(status));
  return exitCodes.ok;
}

/** A path that ends in `.lock` is a lock, also where it is a folder, and stands for its session. */
function sessionAt(target: string): string {
  return target.endsWith(".lock") ? sessionFileOf(target) : target;
}

function statusesAt(target: string): readonly SessionLockStatus[] | undefined {
  if (!target.endsWith(".lock") && isFolder(target)) return listSessionLocks(target);
  const sessionFile = sessionAt(target);
  const isThere = [sessionFile, lockPathOf(sessionFile)].some(exists);
  return isThere ? [listedStatus(sessionFile)] : undefined;
}

function why(file: string, flags: Flags, terminal: Terminal): ExitCode {
  const status = inspectSessionLock(file);
  terminal.out(flags.json ? JSON.stringify(status) : explain(status));
  return status.state === "held" ? exitCodes.busy : exitCodes.ok;
}

const useForce = "stop that process, or use --force if it cannot be stopped";
const inVain = "it has just changed hands, or cannot be broken from here; look again, or stop that process";

function breakLock(file: string, flags: Flags, terminal: Terminal): ExitCode {
  const { reason, force } = flags;
  if (reason === undefined || reason.trim() === "") return wrongUsage("break needs --reason", terminal);
  const result = breakSessionLock(file, { reason, force });
  const text = {
    free: `${printable(file)} is not locked; nothing to break.`,
    refused: `${explain(result.status)} It was not broken: ${force || !result.status.isLocal ? inVain : useForce}.`,
    broken: `The lock on ${printable(file)} is broken and its former owner fenced off.`,
  }[result.outcome];
  terminal.out(flags.json ? JSON.stringify(result) : text);
  return result.outcome === "refused" ? exitCodes.busy : exitCodes.ok;
}

function clean(folder: string, flags: Flags, terminal: Terminal): ExitCode {
  if (!isFolder(folder)) return wrongUsage(`${folder} is not a folder`, terminal);
  const result = cleanSessionLocks(folder);
  if (flags.json) terminal.out(JSON.stringify(result));
  else {
    for (const file of result.removed) terminal.out(`removed ${printable(file)}`);
    for (const status of result.kept) terminal.out(`kept ${explain(status)}`);
    for (const { path: file, problem } of result.failed)
      terminal.err(printable(`could not remove ${file}: ${problem}`));
  }
  return result.failed.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function isFolder(target: string): boolean {
  try {
    return statSync(target).isDirectory();
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return false;
    throw error;
  }
}

function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function wrongUsage(why: string, terminal: Terminal): ExitCode {
  terminal.err(`session-lock: ${printable(why)}\n\n${help}`);
  return exitCodes.usage;
}
