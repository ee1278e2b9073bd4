/** A piece of code as it fits into a message: on one line, cut off where it gets long. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 57)}…`;
}
