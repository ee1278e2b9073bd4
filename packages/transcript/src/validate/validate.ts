import { isFields } from "../context/fields.ts";
import { rulesOf } from "../context/profile.ts";
import type { ProviderProfile } from "../context/profile.ts";
import type { TargetModel } from "../context/target-model.ts";
import { asIoError, TranscriptError } from "../errors.ts";
import { SessionFile } from "../file/session-file.ts";
import { activeTurns } from "./active-branch.ts";
import { checkConversation } from "./conversation-check.ts";
import type { TurnAt } from "./conversation-check.ts";
import { checkEntry } from "./entry-check.ts";
import { EntryTable } from "./entry-table.ts";
import { FileCheck } from "./file-check.ts";
import { FindingLog } from "./finding.ts";
import { isOpenToOthers, isUnchanged } from "./file-facts.ts";
import type { Finding } from "./finding.ts";
import type { Judge } from "./judge.ts";
import { checkMessage } from "./message-check.ts";
import { scanLines } from "./scan.ts";
import { checkTree } from "./tree-check.ts";
import { turnOf } from "./turn.ts";

export interface ValidateOptions {
  /** Also judge by the rules of this provider. Default: only by what all of them ask. */
  readonly profile?: ProviderProfile;
  /** The model that the messages go to, to judge signatures by. Default: signatures are not judged. */
  readonly model?: TargetModel;
  /** How many findings to report; the others are counted. Default: 1000. */
  readonly maxFindings?: number;
  /** Stops the reading of a file: `validate` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ValidationReport {
  /** True when there is no finding of severity `E`. */
  readonly ok: boolean;
  /** In the order of the file. */
  readonly findings: readonly Finding[];
  /** How many more there were than `maxFindings`. */
  readonly omitted: number;
  /** Entries read; what no reader takes for an entry does not count. */
  readonly entries: number;
}

const DEFAULT_MAX_FINDINGS = 1_000;

/**
 * Judges a session file, or a list of entries, by the rules of docs/validation.md. Read-only.
 *
 * No content makes it throw: whatever is wrong is a finding. It rejects with a `TranscriptError` only when the file
 * cannot be read (`NOT_FOUND`, `NOT_A_SESSION` for what is no plain file, `IO`).
 *
 * A file is read a MiB at a time and without its lock, so a write that is just going on shows as `F3` or `F6`.
 */
export async function validate(
  target: string | readonly unknown[],
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  return typeof target === "string" ? await validateFile(target, options) : validateEntries(target, options);
}

/** Judges messages that are to go to a provider as they are, such as those of `projectContext`. */
export function validateMessages(
  messages: readonly unknown[],
  options: ValidateOptions = {},
): ValidationReport {
  const judge = judgeOf("request", options);
  const turns: TurnAt[] = [];
  messages.forEach((value, index) => {
    const site = { index };
    const text = jsonOf(value);
    if (text === undefined) {
      judge.log.add("S9", "E", site, "the message is not JSON");
      return;
    }
    const message: unknown = JSON.parse(text);
    checkMessage(message, site, judge);
    const turn = isFields(message) ? turnOf(message) : undefined;
    if (turn) turns.push({ turn, site });
  });
  checkConversation(turns, judge);
  return reportOf(judge.log, messages.length);
}

function validateEntries(entries: readonly unknown[], options: ValidateOptions): ValidationReport {
  const judge = judgeOf("stored", options);
  const table = new EntryTable(judge.log);
  entries.forEach((value, index) => {
    const site = { index };
    const text = jsonOf(value);
    const entry: unknown = text === undefined ? undefined : JSON.parse(text);
    if (text === undefined) judge.log.add("S9", "E", site, "the entry is not JSON");
    else if (isFields(entry)) checkEntry(entry, site, table, judge);
    else judge.log.add("F2", "E", site, "the entry is no object");
  });
  return finish(table, judge);
}

async function validateFile(path: string, options: ValidateOptions): Promise<ValidationReport> {
  const judge = judgeOf("stored", options);
  const table = new EntryTable(judge.log);
  const check = new FileCheck(table, judge);
  using file = SessionFile.open(path, "read");
  if (file === undefined) {
    throw new TranscriptError("NOT_FOUND", `there is no session file ${path}`, { sessionFile: path });
  }
  try {
    const opened = file.stat();
    await scanLines(file, opened.size, (line) => check.line(line), options.signal);
    check.end();
    if (!isUnchanged(path, opened)) judge.log.add("F6", "W", {}, "the file was written to while it was read");
    if (isOpenToOthers(path))
      judge.log.add("F5", "W", {}, "other users of this machine can read or write the file");
  } catch (error) {
    throw asIoError(error, "read", path);
  }
  return finish(table, judge);
}

function judgeOf(stage: Judge["stage"], options: ValidateOptions): Judge {
  const { profile, model, maxFindings = DEFAULT_MAX_FINDINGS } = options;
  const rules = profile === undefined ? undefined : rulesOf(profile);
  return { stage, rules, model, log: new FindingLog(maxFindings) };
}

function finish(table: EntryTable, judge: Judge): ValidationReport {
  checkTree(table, judge.log);
  checkConversation(
    activeTurns(table.rows, table.leaf, (id) => table.rowOf(id), judge.log),
    judge,
  );
  return reportOf(judge.log, table.rows.length);
}

function reportOf(log: FindingLog, entries: number): ValidationReport {
  return { ok: log.errors === 0, findings: log.sorted(), omitted: log.omitted, entries };
}

/** Undefined for what JSON cannot hold: a ring, a BigInt, a function, what is nested too deep. */
function jsonOf(value: unknown): string | undefined {
  try {
    // Typed as a string, but JSON.stringify gives undefined for a function and for undefined itself.
    const text: string | undefined = JSON.stringify(value);
    return text;
  } catch {
    return undefined;
  }
}
