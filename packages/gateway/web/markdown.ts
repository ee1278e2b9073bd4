/** A part of a text that stands by itself. */
export type Block =
  | { readonly kind: "paragraph" | "quote"; readonly text: string }
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "code"; readonly language: string; readonly text: string }
  | { readonly kind: "list"; readonly start: number | undefined; readonly items: readonly string[] };

/** A part of a line. `link` goes to an address of the web and to nothing else. */
export type Span =
  | { readonly kind: "plain" | "code" | "strong" | "emphasis"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly address: string };

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6}) +(.+)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)]) +(.*)$/;

/**
 * The Markdown that models write, as far as it is unambiguous: what is not understood stays as it was written, and HTML is
 * never anything but text. Also of a text that is not complete yet: a fence that is still open ends with the text.
 */
export function readBlocks(text: string): readonly Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const { block, end } = readBlock(lines, at);
    if (block !== undefined) blocks.push(block);
    at = end;
  }
  return blocks;
}

interface ReadBlock {
  readonly block: Block | undefined;
  /** The first line behind it. */
  readonly end: number;
}

function readBlock(lines: readonly string[], at: number): ReadBlock {
  const line = lines[at] ?? "";
  if (line.trim() === "") return { block: undefined, end: at + 1 };
  const [, fence, language = ""] = FENCE.exec(line) ?? [];
  if (fence !== undefined) return readCode(lines, at, { fence, language: language.trim() });
  const [, marks, title = ""] = HEADING.exec(line) ?? [];
  if (marks !== undefined)
    return { block: { kind: "heading", level: marks.length, text: title }, end: at + 1 };
  if (ITEM.test(line)) return readList(lines, at);
  if (QUOTE.test(line)) {
    const end = endOf(lines, at, (next) => QUOTE.test(next));
    const text = lines.slice(at, end).map((quoted) => QUOTE.exec(quoted)?.[1] ?? "");
    return { block: { kind: "quote", text: text.join("\n") }, end };
  }
  const end = endOf(lines, at, isParagraph);
  return { block: { kind: "paragraph", text: lines.slice(at, end).join("\n") }, end };
}

function readCode(
  lines: readonly string[],
  at: number,
  { fence, language }: { readonly fence: string; readonly language: string },
): ReadBlock {
  const isClosing = (line: string): boolean => {
    const closing = line.trim();
    return closing.length >= fence.length && closing === fence.charAt(0).repeat(closing.length);
  };
  const end = endOf(lines, at, (line) => !isClosing(line));
  return { block: { kind: "code", language, text: lines.slice(at + 1, end).join("\n") }, end: end + 1 };
}

/** What is indented below an item belongs to it. */
function readList(lines: readonly string[], at: number): ReadBlock {
  const [, number] = ITEM.exec(lines[at] ?? "") ?? [];
  const isSameList = (line: string): boolean => {
    const item = ITEM.exec(line);
    return item === null ? /^(?: {2,}|\t)\S/.test(line) : (item[1] === undefined) === (number === undefined);
  };
  const end = endOf(lines, at, isSameList);
  const items: string[] = [];
  for (const line of lines.slice(at, end)) {
    const text = ITEM.exec(line)?.[2];
    if (text !== undefined) items.push(text);
    else items.push(`${items.pop() ?? ""}\n${line}`);
  }
  return { block: { kind: "list", start: number === undefined ? undefined : Number(number), items }, end };
}

function isParagraph(line: string): boolean {
  return ![FENCE, HEADING, QUOTE, ITEM].some((other) => other.test(line)) && line.trim() !== "";
}

/** The first line after `at` that does not go on with what begins there. */
function endOf(lines: readonly string[], at: number, goesOn: (line: string) => boolean): number {
  const end = lines.findIndex((line, index) => index > at && !goesOn(line));
  return end < 0 ? lines.length : end;
}

// Each part is bounded, or consumes what it has looked at: a long text of one of these signs must cost no more than another.
const SPAN =
  /`([^`\n]{1,500})`|(?<![\w*])\*\*([^*\s](?:[^*\n]{0,500}[^*\s])?)\*\*(?![\w*])|(?<![\w*])\*([^*\s](?:[^*\n]{0,500}[^*\s])?)\*(?![\w*])|\[([^[\]\n]{1,300})\]\((https?:\/\/[^\s()]{1,1000})\)|(https?:\/\/[^\s<>"'`()[\]]{1,1000})/g;

/** The parts of a line, or of several, in order; together they have every character that is no mark. */
export function readSpans(text: string): readonly Span[] {
  const spans: Span[] = [];
  let known = 0;
  for (const match of text.matchAll(SPAN)) {
    if (match.index > known) spans.push({ kind: "plain", text: text.slice(known, match.index) });
    const span = spanOf(match);
    spans.push(span.span);
    known = match.index + span.length;
  }
  if (known < text.length) spans.push({ kind: "plain", text: text.slice(known) });
  return spans;
}

function spanOf([whole, code, strong, emphasis, title, target, bare]: RegExpMatchArray): {
  readonly span: Span;
  readonly length: number;
} {
  const length = whole.length;
  if (code !== undefined) return { span: { kind: "code", text: code }, length };
  if (strong !== undefined) return { span: { kind: "strong", text: strong }, length };
  if (emphasis !== undefined) return { span: { kind: "emphasis", text: emphasis }, length };
  if (title !== undefined && target !== undefined)
    return { span: { kind: "link", text: title, address: target }, length };
  // The stop that ends a sentence is not part of the address.
  const address = (bare ?? "").replace(/[.,;:!?]{1,3}$/, "");
  return { span: { kind: "link", text: address, address }, length: address.length };
}
