import { styleText } from "node:util";

/** The terminal, as the commands see it. */
export interface Terminal {
  /** Prints a line. */
  readonly out: (text: string) => void;
  /** Prints a text as it is. Resolves when there is room for more, so that a slow reader does not fill the memory. */
  readonly print: (text: string) => Promise<void>;
  readonly err: (text: string) => void;
  /** True when `out` shows colours. */
  readonly colours: boolean;
  /** Shows how far a long command is, in place of what was shown before. Undefined where nobody watches. */
  readonly progress: ((line: string) => void) | undefined;
  /**
   * Aborts when the user interrupts; the reason is the name of the signal. Who never asks for it is ended by the system at
   * once, in the middle of whatever takes long.
   */
  readonly stop: AbortSignal;
}

const PRINT_LENGTH = 256 * 1024;

/** Prints a text that may be longer than memory or one string can hold. */
export async function printAll(pieces: Iterable<string>, { print }: Terminal): Promise<void> {
  let gathered = "";
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < PRINT_LENGTH) continue;
    await print(gathered);
    gathered = "";
  }
  await print(gathered);
}

type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string, { colours }: Terminal): string {
  return colours ? styleText(style, text, { validateStream: false }) : text;
}

/** One line that cannot move the cursor, change the colours or hide anything of a terminal. */
export function plainLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** A text of many lines that cannot move the cursor or change the colours: line ends and tabs are all that is left of control. */
export function withoutControls(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, "");
}

const MAX_TEXT = 100;

/** The beginning of a text that would fill the row. */
export function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
