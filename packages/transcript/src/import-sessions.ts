import { readFile } from "node:fs/promises";
import path from "node:path";
import { isFields } from "./context/fields.ts";
import { asIoError, TranscriptError } from "./errors.ts";
import type { SessionStore } from "./session-store.ts";

/** What became of each session key of an imported file. */
export interface ImportedSessions {
  /** The keys that have a record now, as this package names them. */
  readonly imported: readonly string[];
  readonly skipped: readonly { readonly sessionKey: string; readonly reason: string }[];
}

export interface ImportOptions {
  /** Whose sessions those without an agent in their key are. Default: `main`. */
  readonly agentId?: string;
}

/**
 * Takes over OpenClaw's `sessions.json`, one object with a record per session key, into a store. The file and its
 * transcripts are only read; the records point to the transcripts where they are.
 *
 * Every field is kept, also those that only a run uses (`modelOverride`, token counts, …), `updatedAt` as
 * `importedUpdatedAt`. A key that has a record already keeps that one, so an import may be repeated.
 * Throws `IO`, and `INVALID_RECORD` when the file is not such an object.
 */
export async function importSessions(
  sessionsFile: string,
  store: SessionStore,
  { agentId = "main" }: ImportOptions = {},
): Promise<ImportedSessions> {
  const records = await readSessions(sessionsFile);
  const imported: string[] = [];
  const skipped: { sessionKey: string; reason: string }[] = [];
  for (const [sessionKey, fields] of records) {
    const key =
      sessionKey === "main" || sessionKey.startsWith("agent:")
        ? sessionKey
        : `agent:${agentId}:${sessionKey}`;
    const reason = await importOne(key, fields, path.dirname(path.resolve(sessionsFile)), store);
    if (reason === undefined) imported.push(key);
    else skipped.push({ sessionKey, reason });
  }
  return { imported, skipped };
}

/** The reason why not, or undefined. What is wrong with one record concerns no other. */
async function importOne(
  key: string,
  fields: unknown,
  folder: string,
  store: SessionStore,
): Promise<string | undefined> {
  if (!isFields(fields) || typeof fields["sessionId"] !== "string") return "it has no session id";
  const { sessionId, sessionFile, updatedAt } = fields;
  const file = typeof sessionFile === "string" ? sessionFile : `${sessionId}.jsonl`;
  const patch = {
    ...fields,
    ...(updatedAt === undefined ? {} : { importedUpdatedAt: updatedAt }),
    sessionId,
    sessionFile: path.resolve(folder, file),
  };
  const found = { isNew: false };
  try {
    await store.update(key, (record) => {
      found.isNew = record === undefined;
      return found.isNew ? patch : undefined;
    });
  } catch (error) {
    if (error instanceof TranscriptError && error.code !== "IO") return error.message;
    throw error;
  }
  return found.isNew ? undefined : "the key has a record already";
}

/** The least recently used first, so that the store lists them in the order they had. */
async function readSessions(file: string): Promise<[string, unknown][]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw asIoError(error, "read", file);
    throw notSessions(file, error);
  }
  if (!isFields(value)) throw notSessions(file, undefined);
  return Object.entries(value).sort(([, one], [, other]) => usedAt(one) - usedAt(other));
}

function usedAt(record: unknown): number {
  const updatedAt = isFields(record) ? record["updatedAt"] : undefined;
  return typeof updatedAt === "number" ? updatedAt : 0;
}

function notSessions(file: string, cause: unknown): TranscriptError {
  return new TranscriptError(
    "INVALID_RECORD",
    `${file} is not a sessions.json: one object, a record per session key`,
    {
      sessionFile: file,
      cause,
    },
  );
}
