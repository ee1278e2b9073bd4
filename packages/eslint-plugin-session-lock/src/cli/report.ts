/** A place in a file; lines and columns count from 1. */
export interface Region {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One step of the way that leads to a finding. */
export interface WitnessStep extends Region {
  readonly what: string;
}

/** A finding, ready to be printed. */
export interface ReportedFinding extends Region {
  /** Relative to the working folder, with slashes. */
  readonly file: string;
  readonly rule: string;
  readonly messageId: string;
  readonly message: string;
  readonly severity: "error" | "warning";
  /** The same for the same mistake wherever it moves in its file. */
  readonly fingerprint: string;
  /** In the order it is taken; the last step is the finding itself. */
  readonly witness: readonly WitnessStep[];
  readonly isKnown: boolean;
}

/** A file that could not be linted. */
export interface Trouble {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Report {
  readonly files: number;
  readonly findings: readonly ReportedFinding[];
  readonly troubles: readonly Trouble[];
  /** Entries of the baseline that nothing corresponds to any more. */
  readonly gone: number;
}
