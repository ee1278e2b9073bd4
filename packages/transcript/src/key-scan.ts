import { decodeEntry, decodeLine } from "./decode.ts";
import { deferredFromOf } from "./deferred.ts";
import type { Span } from "./entry-scan.ts";
import { idempotencyKeyOf } from "./entry.ts";
import type { SessionEntry } from "./entry.ts";
import { readLines } from "./lines.ts";
import type { ByteSource } from "./lines.ts";

/** Where the entry of each idempotency key stands in a file. */
export function scanKeys(file: ByteSource, end: number, version: number): Map<string, Span> {
  const keys = new Map<string, Span>();
  for (const { text, offset, next } of readLines(file, 0, end)) {
    if (!text.includes('"idempotencyKey"')) continue;
    const fields = decodeLine(text);
    const entry = fields && decodeEntry(fields, version, 0);
    const key = entry && idempotencyKeyOf(entry);
    if (entry && key !== undefined) claimKey(keys, key, entry, { offset, next });
  }
  return keys;
}

/** The first entry has the key, until the message that it deferred is on the branch. */
export function claimKey(keys: Map<string, Span>, key: string, entry: SessionEntry, span: Span): void {
  if (!keys.has(key) || deferredFromOf(entry) !== undefined) keys.set(key, span);
}
