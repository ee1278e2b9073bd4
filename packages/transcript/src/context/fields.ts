/** A JSON object whose members nobody has looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that should be a text, or what stands for one that is none. */
export function textOr(fallback: string, value: unknown): string {
  return typeof value === "string" ? value : fallback;
}
