const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** True for a tool name that every provider takes. */
export function isToolName(name: string): boolean {
  return TOOL_NAME.test(name);
}

/** The nearest name that every provider takes. */
export function toToolName(name: string): string {
  if (isToolName(name)) return name;
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "tool";
}
