import fc from "fast-check";
import { expect, test } from "vitest";
import { WaitingLine } from "../src/append/waiting-line.ts";

const steps = fc.array(
  fc.record({ from: fc.nat(), leaves: fc.option(fc.nat({ max: 40 }), { nil: undefined }) }),
  { maxLength: 40 },
);

test("a line that is made from another one leaves that one as it is, whichever was made from it before", () => {
  fc.assert(
    fc.property(steps, (made) => {
      const lines = [{ line: WaitingLine.empty<number>(), holds: [] as readonly number[] }];
      for (const [at, { from, leaves }] of made.entries()) {
        const { line, holds } = lines[from % lines.length] ?? {
          line: WaitingLine.empty<number>(),
          holds: [],
        };
        lines.push(
          leaves === undefined
            ? { line: line.with(at), holds: [...holds, at] }
            : { line: line.without((one) => one === leaves), holds: holds.filter((one) => one !== leaves) },
        );
      }
      for (const { line, holds } of lines) {
        expect([...line]).toEqual(holds);
        expect(line.first).toBe(holds[0]);
        expect(line.isEmpty).toBe(holds.length === 0);
      }
    }),
  );
});

test("a line that grows and is used up copies nothing", () => {
  let line = WaitingLine.empty<{ readonly at: number }>();
  const all = Array.from({ length: 1_000 }, (_, at) => ({ at }));
  for (const one of all) line = line.with(one);
  let looks = 0;
  for (const { at } of all) {
    line = line.without((one) => {
      looks += 1;
      return one.at === at;
    });
  }
  expect(line.isEmpty).toBe(true);
  expect(looks).toBe(all.length);
});
