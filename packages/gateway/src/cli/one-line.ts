/** What others wrote, as one line of a terminal that moves no cursor. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "?")
    .trim();
}
