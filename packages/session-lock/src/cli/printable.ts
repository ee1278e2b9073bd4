/**
 * Text of other processes (a purpose, a host, a file name), safe to print: whatever could move the cursor,
 * change colours, begin a line or reorder the text is shown as `\u001b` and the like.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
