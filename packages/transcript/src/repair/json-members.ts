const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the value of a member stands in a JSON text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Sets a member of a JSON object in its text and leaves every other character as it is, so that fields nobody knows keep
 * their bytes. `text` must be valid JSON of an object, `value` valid JSON.
 */
export function withMember(text: string, name: string, value: string): string {
  const span = memberSpan(text, name);
  if (span) return text.slice(0, span.start) + value + text.slice(span.end);
  const open = text.indexOf("{") + 1;
  const separator = text.slice(open).trimStart().startsWith("}") ? "" : ",";
  return `${text.slice(0, open)}${JSON.stringify(name)}:${value}${separator}${text.slice(open)}`;
}

/** The value of a member as it is written, undefined where there is none. `text` must be valid JSON of an object. */
export function memberText(text: string, name: string): string | undefined {
  const span = memberSpan(text, name);
  return span && text.slice(span.start, span.end);
}

/**
 * The end of the JSON object that begins at `start`, or undefined when it does not end.
 *
 * Only braces, brackets and strings are looked at; whether it is JSON is for the parser to say.
 */
export function objectEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at = stringEnd(text, at) - 1;
    } else if (char === "{" || char === "[") {
      depth += 1;
    } else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The last member of that name, which is the one a parser keeps. */
function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  let at = skipSpace(text, text.indexOf("{") + 1);
  while (at < text.length && text[at] !== "}") {
    const keyEnd = stringEnd(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    if (key === name) found = { start, end };
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  if (first === "{" || first === "[") return objectEnd(text, start) ?? text.length;
  let end = start;
  while (end < text.length && !",}] \t\r\n".includes(text[end] ?? "")) end += 1;
  return end;
}

/** Behind the closing quote of the string that begins at `start`; the end of the text when it does not close. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at += 1;
  return at;
}
