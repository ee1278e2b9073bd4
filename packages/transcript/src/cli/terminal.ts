import { styleText } from "node:util";

/** The terminal, as the commands see it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when `out` shows colours. */
  readonly colours: boolean;
  /** Shows how far a long command is, in place of what was shown before. Undefined where nobody watches. */
  readonly progress: ((line: string) => void) | undefined;
  /** Aborts when the user interrupts. */
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
