import { createHash } from "node:crypto";

/**
 * Names the findings of one file so that each keeps its name when lines are added above it: by rule, message, file and
 * the text of its line, and by its number among those that agree in all of that.
 */
export class Fingerprints {
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = text.split("\n");
  }

  of(what: string, line: number): string {
    const code = (this.#lines[line - 1] ?? "").replaceAll(/\s+/g, " ").trim();
    const identity = JSON.stringify([what, this.#file, code]);
    const number = this.#counts.get(identity) ?? 0;
    this.#counts.set(identity, number + 1);
    return createHash("sha256").update(`${identity}${number}`).digest("hex").slice(0, 24);
  }
}
