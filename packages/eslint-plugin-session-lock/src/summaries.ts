import { readFileSync, statSync } from "node:fs";
import type { AliasSpec, ContractSpec, ManagerSpec } from "./analysis/vocabulary.ts";

/**
 * What the functions of a project say of the lock, or do to it, and which classes write a session file, so that a rule that sees one file knows the others. Module names
 * start with `./` and are relative to the folder that the linter runs in.
 */
export interface Summaries {
  /** Version of this form. */
  readonly version: 1;
  readonly contracts: readonly ContractSpec[];
  /** Exports that hand on what another module exports. */
  readonly aliases: readonly AliasSpec[];
  /** Classes that write a session file. Default: none. */
  readonly managers?: readonly ManagerSpec[];
}

const none: Summaries = { version: 1, contracts: [], aliases: [] };

/** The summaries that a setting names or gives. Throws if the file cannot be read or has another form. */
export function readSummaries(setting: string | Summaries | undefined): Summaries {
  if (setting === undefined) return none;
  const where = typeof setting === "string" ? setting : "the setting `summaries`";
  const content: unknown = typeof setting === "string" ? parseFile(setting) : setting;
  if (!isSummaries(content)) {
    throw new Error(`${where} is not what session-lock-lint --write-summaries writes. Write it again.`);
  }
  return content;
}

/** Changes when the file that a setting names is written anew: an editor lints for days with one config. */
export function versionOf(setting: string | Summaries | undefined): string {
  const file = typeof setting === "string" ? statSync(setting, { throwIfNoEntry: false }) : undefined;
  return file === undefined ? "" : `${file.ino} ${file.mtimeMs} ${file.size}`;
}

export function mergeSummaries(given: Summaries, own: Summaries): Summaries {
  return {
    version: 1,
    contracts: [...given.contracts, ...own.contracts],
    aliases: [...given.aliases, ...own.aliases],
    managers: [...(given.managers ?? []), ...(own.managers ?? [])],
  };
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(
      `The summaries in ${file} cannot be read. Write them with session-lock-lint --write-summaries.`,
      {
        cause: error,
      },
    );
  }
}

function isSummaries(value: unknown): value is Summaries {
  if (typeof value !== "object" || value === null) return false;
  return (
    "version" in value &&
    value.version === 1 &&
    "contracts" in value &&
    isList(value.contracts, "contract") &&
    "aliases" in value &&
    isList(value.aliases, "of") &&
    (!("managers" in value) || isList(value.managers, "writes"))
  );
}

function isList(value: unknown, property: string): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        typeof item === "object" &&
        item !== null &&
        "from" in item &&
        typeof item.from === "string" &&
        "name" in item &&
        typeof item.name === "string" &&
        typeof Reflect.get(item, property) === "object",
    )
  );
}
