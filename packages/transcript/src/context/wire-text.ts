/// <reference lib="es2024.string" />
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** Deeper values overflow the stack of ordinary JSON writers. */
const MAX_DEPTH = 200;

const NOT_BLANK = /\S/;

/** True for text of white space only; providers refuse such a block. */
export function isBlank(text: string): boolean {
  return !NOT_BLANK.test(text);
}

/** True when `text` has no lone surrogate, so that it survives the way through UTF-8. */
export function isWireText(text: string): boolean {
  return text.isWellFormed();
}

/** `text` with every lone surrogate replaced by U+FFFD. */
export function toWireText(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** True when `value` goes to a provider and comes back the same: JSON only, no lone surrogate, not too deep. */
export function isWireValue(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
      return isWireText(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return true;
    case "object":
      if (value === null) return true;
      if (depth >= MAX_DEPTH) return false;
      if (Array.isArray(value)) return value.every((item) => isWireValue(item, depth + 1));
      return isFields(value) && hasWireMembers(value, depth);
    default:
      return false;
  }
}

function hasWireMembers(value: Fields, depth: number): boolean {
  for (const key of Object.keys(value)) {
    if (!isWireText(key) || !isWireValue(value[key], depth + 1)) return false;
  }
  return true;
}

/** The nearest value that `isWireValue` accepts; the same reference when `value` is one already. */
export function toWireValue(value: unknown): unknown {
  return isWireValue(value) ? value : rebuilt(value, 0);
}

function rebuilt(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return toWireText(value);
    case "number":
      return Number.isFinite(value) ? value : null;
    case "boolean":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      // What is nested deeper than any tool's arguments is a cycle or an attack; it ends here.
      if (value === null || depth >= MAX_DEPTH) return null;
      if (Array.isArray(value)) return value.map((item) => rebuilt(item, depth + 1));
      return isFields(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, item]) => [toWireText(key), rebuilt(item, depth + 1)]),
          )
        : null;
    default:
      return null;
  }
}
