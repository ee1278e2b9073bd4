/** The text of a message as it is stored or told, its blocks joined; "" when there is none. */
export function textOf(message: unknown): string {
  const { content } = openedBy(message);
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block: unknown) => openedBy(block)["text"])
    .filter((text) => typeof text === "string")
    .join("");
}

/** A value as an object to look into; anything else reads as an empty one. */
export function openedBy(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
