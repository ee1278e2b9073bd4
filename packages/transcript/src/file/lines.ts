/** A complete line of a file, without its newline. */
export interface Line {
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Where the next one begins. */
  readonly next: number;
}

/** What lines are read from. */
export interface ByteSource {
  read(start: number, end: number): Buffer;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The complete lines between two offsets. An unterminated rest is not a line: it may be a write in progress. */
export function* readLines(source: ByteSource, start: number, end: number): Generator<Line> {
  let pending: Buffer[] = [];
  let offset = start;
  for (let position = start; position < end;) {
    const chunk = source.read(position, Math.min(position + CHUNK_BYTES, end));
    if (chunk.length === 0) return;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, at);
      const text = (pending.length === 0 ? rest : Buffer.concat([...pending, rest])).toString("utf8");
      pending = [];
      from = at + 1;
      yield { text, offset, next: position + from };
      offset = position + from;
    }
    if (from < chunk.length) pending.push(chunk.subarray(from));
    position += chunk.length;
  }
}

/** Whether a line ends between two offsets. */
export function hasLineEnd(source: ByteSource, start: number, end: number): boolean {
  for (let position = start; position < end;) {
    const chunk = source.read(position, Math.min(position + CHUNK_BYTES, end));
    if (chunk.includes(NEWLINE)) return true;
    if (chunk.length === 0) return false;
    position += chunk.length;
  }
  return false;
}

/** The complete lines of `bytes`, last one first; the first one only when the bytes begin where a line does. */
export function* linesFromEnd(bytes: Buffer, beginsWithLine: boolean): Generator<string> {
  let end = bytes.lastIndexOf(NEWLINE);
  while (end > 0) {
    const start = bytes.lastIndexOf(NEWLINE, end - 1) + 1;
    if (start === 0 && !beginsWithLine) return;
    yield bytes.toString("utf8", start, end);
    end = start - 1;
  }
}
