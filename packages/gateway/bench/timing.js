import { performance } from "node:perf_hooks";

/** Milliseconds that each of `count` calls took, one after the other. */
export async function each(count, call) {
  const took = [];
  for (let at = 0; at < count; at += 1) {
    const started = performance.now();
    await call(at);
    took.push(performance.now() - started);
  }
  return took;
}

export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function shown(ms) {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

/** One line: what, the figure, and what is required of it. */
export function row(what, figure, required) {
  console.log(`${what.padEnd(58)}${figure.padStart(20)}${required === "" ? "" : `   required: ${required}`}`);
}
