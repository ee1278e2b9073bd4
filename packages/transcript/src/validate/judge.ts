import type { ProfileRules } from "../context/profile.ts";
import type { TargetModel } from "../context/target-model.ts";
import type { FindingLog, Severity, Site } from "./finding.ts";
import type { InvariantCode } from "./codes.ts";

/** By which measure something is judged. */
export interface Judge {
  /** `stored`: what lies on disk, where a run may be in progress. `request`: what goes to a provider as it is. */
  readonly stage: "stored" | "request";
  /** Absent: only what every provider asks. */
  readonly rules: ProfileRules | undefined;
  /** The model it goes to; absent: signatures are not judged. */
  readonly model: TargetModel | undefined;
  readonly log: FindingLog;
}

/** Reports what a provider refuses, but what is mended on the way to one: an error only where a provider is named. */
export function reportMendable(judge: Judge, code: InvariantCode, site: Site, message: string): void {
  judge.log.add(code, severityOfMendable(judge), site, message);
}

export function severityOfMendable({ stage, rules }: Judge): Severity {
  return stage === "request" || rules !== undefined ? "E" : "W";
}

/** Blank text is refused by some providers and passed over by the others. */
export function reportBlank({ rules, log }: Judge, site: Site, message: string): void {
  log.add("S2", rules?.refusesBlank === true ? "E" : "W", site, message);
}
