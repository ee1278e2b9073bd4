import { isFields } from "./fields.ts";

/**
 * True for what a `context_edit` may say: another content, or null to take the message out.
 * Any other edit changes nothing.
 */
export function isReplacement(value: unknown): boolean {
  return (
    value === null ||
    (isFields(value) && (typeof value["content"] === "string" || Array.isArray(value["content"])))
  );
}
