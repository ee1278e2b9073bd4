/** Where a command writes, and what surrounds it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly env: NodeJS.ProcessEnv;
}
