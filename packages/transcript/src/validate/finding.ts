import { fixOf } from "./codes.ts";
import type { InvariantCode } from "./codes.ts";

/** `E`: a provider refuses it, or something is lost. `W`: unusual, and worth a look. */
export type Severity = "E" | "W";

/** Where something was found. */
export interface Site {
  /** Line of the file, from 1. Absent where no file was read. */
  readonly line?: number | undefined;
  /** Byte at which the line begins. Absent where no file was read. */
  readonly offset?: number | undefined;
  /** Place in the list that was validated, from 0. Absent for a file. */
  readonly index?: number | undefined;
  readonly entryId?: string | undefined;
}

/** One rule that is not met. */
export interface Finding extends Site {
  readonly code: InvariantCode;
  readonly severity: Severity;
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** What mends it, in a sentence. */
  readonly fix: string;
}

/** Collects findings, up to a number; beyond it they are only counted. */
export class FindingLog {
  readonly #limit: number;
  readonly #findings: Finding[] = [];
  #omitted = 0;
  #errors = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get errors(): number {
    return this.#errors;
  }

  get omitted(): number {
    return this.#omitted;
  }

  add(code: InvariantCode, severity: Severity, site: Site, message: string): void {
    if (severity === "E") this.#errors += 1;
    if (this.#findings.length >= this.#limit) {
      this.#omitted += 1;
      return;
    }
    const { line, offset, index, entryId } = site;
    this.#findings.push({
      code,
      severity,
      ...(line === undefined ? {} : { line, offset }),
      ...(index === undefined ? {} : { index }),
      ...(entryId === undefined ? {} : { entryId }),
      message,
      fix: fixOf(code),
    });
  }

  /** In the order of the file; what concerns no line comes first. */
  sorted(): readonly Finding[] {
    return this.#findings.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ line, index }: Finding): number {
  return line ?? index ?? -1;
}
