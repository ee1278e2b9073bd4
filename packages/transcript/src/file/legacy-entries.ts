import { decodeEntry } from "./decode.ts";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import { CURRENT_SESSION_VERSION, versionOf } from "./header.ts";

/**
 * Makes the header and entries of a session of version 1 or 2 those of version 3, in place, as pi's function of this name
 * does. The ids are those under which this package reads such a session. A list of version 3 or later stays as it is; one
 * without a header counts as version 1.
 */
export function migrateSessionEntries(fileEntries: readonly (SessionHeader | SessionEntry)[]): void {
  const header = headerOf(fileEntries);
  const version = header ? versionOf(header) : 1;
  if (version >= CURRENT_SESSION_VERSION) return;
  // The header has the number 0 in a file.
  const first = header ? 0 : 1;
  fileEntries.forEach((entry, at) => {
    if (entry.type === "session") Object.assign(entry, { version: CURRENT_SESSION_VERSION });
    else {
      Object.assign(entry, decodeEntry({ ...entry }, version, first + at));
      if (version < 2) Reflect.deleteProperty(entry, "firstKeptEntryIndex");
    }
  });
}

/** The same list where its header is of version 3 or missing, else one of migrated copies. */
export function currentEntries(
  fileEntries: readonly (SessionHeader | SessionEntry)[],
): readonly (SessionHeader | SessionEntry)[] {
  const header = headerOf(fileEntries);
  if (header === undefined || versionOf(header) >= CURRENT_SESSION_VERSION) return fileEntries;
  const copies = fileEntries.map((entry) => ({ ...entry }));
  migrateSessionEntries(copies);
  return copies;
}

function headerOf(fileEntries: readonly (SessionHeader | SessionEntry)[]): SessionHeader | undefined {
  return fileEntries.find((entry) => entry.type === "session");
}
