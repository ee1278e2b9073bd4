import type { SessionEntry } from "../entry.ts";
import { needsNavigation } from "./navigation.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A parser that throws is slow. */
const OBJECT_BEGINS = /^[ \t\r\n]*\{/;

/**
 * One line as JSON object, or undefined for anything else: a torn line, a blank one, a bare value. As for pi, white space that
 * JSON does not know (a form feed, a no-break space) makes it no JSON.
 */
export function decodeLine(line: string): Fields | undefined {
  if (!OBJECT_BEGINS.test(line)) return undefined;
  try {
    return JSON.parse(line) as Fields;
  } catch {
    // Not JSON, so not an entry. The bytes stay where they are for `repair` and for a person to look at.
    return undefined;
  }
}

/**
 * The entry that a line's object stands for, or undefined when it is none (a header, an object without an id).
 *
 * Files of version 1 and 2 are read as pi reads them, without rewriting them. In version 4 an entry that names no parent
 * has none yet: `Navigation` knows it. `ordinal` is the object's place in the
 * file, the header being 0: version 1 has no ids, so each entry is named after its place, which stays the same at
 * every read.
 */
export function decodeEntry(fields: Fields, version: number, ordinal: number): SessionEntry | undefined {
  if (typeof fields["type"] !== "string" || fields["type"] === "session") return undefined;
  const placed = version < 2 ? withLegacyPlace(fields, ordinal) : fields;
  if (typeof placed["id"] !== "string" || placed["id"] === "") return undefined;
  const parentId = typeof placed["parentId"] === "string" ? placed["parentId"] : null;
  const isLeftOpen = needsNavigation(version) && !("parentId" in placed);
  const rooted = isLeftOpen || placed["parentId"] === parentId ? placed : { ...placed, parentId };
  return (rooted["type"] === "message"
    ? withReadableMessage(rooted, version)
    : rooted) as unknown as SessionEntry;
}

function withLegacyPlace(fields: Fields, ordinal: number): Fields {
  const { firstKeptEntryIndex, ...rest } = fields;
  return {
    ...rest,
    id: legacyId(ordinal),
    parentId: ordinal > 1 ? legacyId(ordinal - 1) : null,
    ...(typeof firstKeptEntryIndex === "number" ? { firstKeptEntryId: legacyId(firstKeptEntryIndex) } : {}),
  };
}

function legacyId(ordinal: number): string {
  return ordinal.toString(16).padStart(8, "0");
}

/**
 * Real files hold messages with null or bare string content, and some that are no message at all. The first get the
 * shape their type promises; the second get a type of their own, so that they keep their place in the tree and nobody
 * takes them for a message.
 */
function withReadableMessage(entry: Fields, version: number): Fields {
  const message = entry["message"];
  if (!isMessage(message)) return { ...entry, type: "unreadable_message" };
  const role = version < 3 && message["role"] === "hookMessage" ? "custom" : message["role"];
  const content = readableContent(role, message["content"]);
  if (role === message["role"] && content === message["content"]) return entry;
  return { ...entry, message: { ...message, role, content } };
}

function readableContent(role: string, content: unknown): unknown {
  switch (role) {
    case "user":
    case "custom":
      return content ?? "";
    case "assistant":
    case "toolResult":
      return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
    default:
      return content;
  }
}

function isMessage(value: unknown): value is Fields & { readonly role: string } {
  return typeof value === "object" && value !== null && "role" in value && typeof value.role === "string";
}
