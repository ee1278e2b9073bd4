import { styleText } from "node:util";

/** The terminal, as the commands see it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when `out` shows colours. */
  readonly colours: boolean;
  /** Shows how far a long command is, in place of what was shown before. Undefined where nobody watches. */
  readonly progress: ((line: string) => void) | undefined;
  /** Aborts when the user interrupts; the reason is the name of the signal. */
  readonly stop: AbortSignal;
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
