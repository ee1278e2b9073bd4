const BYTE_ORDER_MARK = "\ufeff";

/** The beginning of a file without the mark that some editors put there. Anywhere else it makes a line no JSON. */
export function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
