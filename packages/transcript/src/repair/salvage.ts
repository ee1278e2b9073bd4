import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { objectIn } from "../validate/json-object.ts";
import { objectEnd } from "./json-members.ts";

/** A whole entry found in a line that is none. */
export interface Salvaged {
  readonly text: string;
  readonly fields: Fields;
}

/** What a line that cannot be read says about itself at its beginning. */
export interface LostEntry {
  readonly id: string;
  readonly parentId: string | null;
}

/** Where an object may begin. Blocks inside of messages are objects too; `isEntry` tells them apart. */
const BEGINNING = /\{\s*"/g;
const PREFIX = /"id":"([^"\\]{1,200})","parentId":(?:null|"([^"\\]{1,200})")/;
/** Each beginning that leads nowhere costs a look at the whole rest of the line; no line is worth more than this. */
const MAX_LOOKED_AT = 256 * 1024 * 1024;

/**
 * The whole entries in a broken line: two lines fused into one, a torn one with the next behind it, NUL bytes in front.
 *
 * Their texts are as they stand in the line.
 */
export function salvageEntries(line: string): readonly Salvaged[] {
  const found: Salvaged[] = [];
  let from = 0;
  let lookedAt = 0;
  for (const { index } of line.matchAll(BEGINNING)) {
    if (index < from) continue;
    const end = objectEnd(line, index);
    lookedAt += (end ?? line.length) - index;
    if (lookedAt > MAX_LOOKED_AT) break;
    const text = end === undefined ? undefined : line.slice(index, end);
    const fields = text === undefined ? undefined : objectIn(text);
    if (text === undefined || !isEntry(fields)) continue;
    found.push({ text, fields });
    from = index + text.length;
  }
  return found;
}

/** Undefined when not even its ids can be read. */
export function lostEntry(line: string): LostEntry | undefined {
  const match = PREFIX.exec(line);
  const id = match?.[1];
  return id === undefined ? undefined : { id, parentId: match?.[2] ?? null };
}

/** True for an entry and for a header; false for the blocks of a message, which have a type as well. */
function isEntry(fields: unknown): fields is Fields {
  if (!isFields(fields) || typeof fields["type"] !== "string" || typeof fields["timestamp"] !== "string")
    return false;
  const { id, parentId, type } = fields;
  if (typeof id !== "string" || id === "") return false;
  return type === "session" || parentId === null || typeof parentId === "string";
}
