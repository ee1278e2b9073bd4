import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";

/** The object that a text is in JSON, or undefined for any other text. */
export function objectIn(text: string): Fields | undefined {
  // A parser that throws is slow, and a damaged file can have a million such lines.
  if (!looksLikeObject(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // it only looked like one
  }
}

function looksLikeObject(text: string): boolean {
  if (text.startsWith("{") && text.endsWith("}")) return true;
  const trimmed = text.trim();
  return trimmed.startsWith("{") && trimmed.endsWith("}");
}
