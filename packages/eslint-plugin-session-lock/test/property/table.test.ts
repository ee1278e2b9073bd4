import fc from "fast-check";
import { expect, test } from "vitest";
import { Table } from "../../src/analysis/table.ts";

const names = ["a", "b", "c", "d", "e", "f"];
/** A name, and its new value or none. */
const change = fc.tuple(fc.constantFrom(...names), fc.option(fc.nat(3), { nil: undefined }));

function made(
  changes: readonly (readonly [string, number | undefined])[],
  from: Table<number>,
): Table<number> {
  return changes.reduce((table, [name, value]) => table.with(name, value), from);
}

function contentOf(table: Table<number>): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => (table.has(name) ? [[name, table.get(name) ?? NaN]] : [])),
  );
}

test("a table says what was put into it, however it came about and whether it was read meanwhile", () => {
  const empty = Table.empty<number>(String);
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 40 }),
      fc.array(change, { maxLength: 40 }),
      fc.array(change, { maxLength: 40 }),
      fc.boolean(),
      (common, one, other, isRead) => {
        const base = made(common, empty);
        if (isRead) expect(Object.fromEntries(base)).toEqual(contentOf(base));
        const left = made(one, base);
        const right = made(other, base);
        const [known, others] = [contentOf(left), contentOf(right)];

        expect(Object.fromEntries(left)).toEqual(known);
        expect([...left.values].sort()).toEqual(Object.values(known).sort());
        expect(left.key === right.key).toBe(JSON.stringify(known) === JSON.stringify(others));
        expect(left.differencesTo(right).toSorted()).toEqual(
          names.filter((name) => known[name] !== others[name]),
        );
        expect(contentOf(left.without(["a", "c"]))).toEqual(
          Object.fromEntries(Object.entries(known).filter(([name]) => name !== "a" && name !== "c")),
        );
      },
    ),
    { numRuns: 2_000 },
  );
});
