/** The terminal, as the commands see it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly colours: boolean;
  /** Aborts when the user interrupts. */
  readonly stop: AbortSignal;
}
