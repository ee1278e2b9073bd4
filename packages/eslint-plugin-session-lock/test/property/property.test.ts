import fc from "fast-check";
import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { enumerate } from "./enumerate.ts";
import { print } from "./print.ts";
import { programs, type Statement } from "./program.ts";

const runs = 5_000;

test(`the analysis agrees with every way through ${runs} generated programs`, () => {
  fc.assert(
    fc.property(programs, (program) => {
      const { text, lineOf } = print(program);
      const { unlocked, leaked } = enumerate(program);

      const reports = lint(text);

      expect(linesOf(reports, "require-session-lock"), text).toEqual(linesIn(unlocked, lineOf));
      expect(linesOf(reports, "release-session-lock/leaks"), text).toEqual(linesIn(leaked, lineOf));
    }),
    { numRuns: runs, seed: 20_260_101, endOnFailure: true },
  );
});

function linesOf(reports: readonly string[], prefix: string): readonly number[] {
  return reports
    .filter((report) => report.startsWith(prefix))
    .map((report) => Number(report.split(" ").at(-1)));
}

function linesIn(
  statements: ReadonlySet<Statement>,
  lineOf: ReadonlyMap<Statement, number>,
): readonly number[] {
  return [...statements].map((statement) => lineOf.get(statement) ?? 0).sort((left, right) => left - right);
}
