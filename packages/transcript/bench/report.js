// What the bench prints.
import { cpus, loadavg } from "node:os";
import { shown, times } from "./timing.js";

export function machine() {
  const [{ model }] = cpus();
  const load = loadavg().map((value) => value.toFixed(1));
  return `node ${process.versions.node}, ${cpus().length} × ${model}, load ${load.join(" ")}`;
}

/** A row for each size. The first subject's figures stand alone, the others' with what they are of it. */
export function bySubject(title, names, bySize) {
  table(
    title,
    ["entries", ...names],
    Object.entries(bySize).map(([size, [first, ...others]]) => [
      Number(size).toLocaleString("en"),
      shown(first),
      ...others.map((took) => (took === undefined ? "–" : `${shown(took)} (${times(took, first)})`)),
    ]),
  );
}

/** What is required, beside what was measured. Sets the exit code where something is missed. */
export function verdicts(rows) {
  const isMet = (value, sign, wanted) =>
    sign === "≥" ? value >= wanted : sign === "≤" ? value <= wanted : value < wanted;
  table(
    "What must show",
    ["figure", "measured", "wanted", ""],
    rows.map(([what, value, sign, wanted]) => [
      what,
      value >= 100 ? value.toFixed(0) : value.toPrecision(3),
      `${sign} ${wanted}`,
      isMet(value, sign, wanted) ? "met" : "MISSED",
    ]),
  );
  if (!rows.every(([, ...figure]) => isMet(...figure))) process.exitCode = 1;
}

export function table(title, head, rows) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)));
  console.log(`\n${title}`);
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join("  ")
        .trimEnd(),
    );
}
