import type { Finding } from "../analysis/observations.ts";
import { shorten } from "../analysis/shorten.ts";
import type { Node } from "../analysis/syntax.ts";
import type { Step } from "../analysis/world.ts";
import type { Region, WitnessStep } from "./report.ts";

/** The way through the program that shows a finding. */
export function witnessOf(finding: Finding, textOf: (node: Node) => string): readonly WitnessStep[] {
  const steps: WitnessStep[] = [];
  for (let step = finding.path; step !== undefined; step = step.before) {
    steps.push({ ...regionOf(step.node), what: describe(step, textOf) });
  }
  return [...steps.reverse(), { ...regionOf(finding.node), what: `here: ${shorten(textOf(finding.node))}` }];
}

function regionOf({ loc }: Node): Region {
  return {
    line: loc.start.line,
    column: loc.start.column + 1,
    endLine: loc.end.line,
    endColumn: loc.end.column + 1,
  };
}

function describe({ node, what }: Step, textOf: (node: Node) => string): string {
  switch (what) {
    case "taken":
      return `\`${shorten(textOf(node))}\` is true`;
    case "skipped":
      return `\`${shorten(textOf(node))}\` is false`;
    case "acquired":
      return "the lock is acquired";
    case "released":
      return "the lock is released";
    case "threw":
      return "something before it throws";
    case "entered":
      return "a lock is held from the start";
  }
}
