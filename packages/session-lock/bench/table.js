const columns = {
  us: { title: "p50 µs", digits: 1, better: "less" },
  ms: { title: "ms", digits: 1, better: "less" },
  opsPerS: { title: "ops/s", digits: 0, better: "more" },
  maxWaitMs: { title: "max wait ms", digits: 1 },
  lost: { title: "lost", digits: 0 },
  refused: { title: "refused", digits: 0 },
};

/** One row per lock, with how many times better it is than `reference`. */
export function table(results, reference) {
  const names = Object.keys(Object.values(results)[0]);
  const main = names.find((name) => columns[name].better !== undefined);
  const header = ["", ...names.map((name) => columns[name].title), `× ${reference}`];
  const rows = Object.entries(results).map(([peer, values]) => [
    peer,
    ...names.map((name) => format(values[name], columns[name].digits)),
    ratio(values, results[reference], main),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join("  "),
    )
    .join("\n");
}

function ratio(values, reference, name) {
  if (reference === undefined) return "";
  const times =
    columns[name].better === "more" ? values[name] / reference[name] : reference[name] / values[name];
  return Number.isFinite(times) ? times.toFixed(1) : "-";
}

function format(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : "never";
}
