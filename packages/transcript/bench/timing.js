import { performance } from "node:perf_hooks";

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The median of `count` calls, in microseconds. */
export function everyOne(count, call) {
  return median(
    Array.from({ length: count }, (_, at) => {
      const start = performance.now();
      call(at);
      return (performance.now() - start) * 1_000;
    }),
  );
}

/** As `everyOne`, for calls that are awaited one after the other. */
export async function everyAwaited(count, call) {
  const took = [];
  for (let at = 0; at < count; at += 1) {
    const start = performance.now();
    await call(at);
    took.push((performance.now() - start) * 1_000);
  }
  return median(took);
}

/** The medians of two calls that take turns, so that both meet the same load and are equally warm, in microseconds. */
export async function inTurns(count, one, other) {
  const took = [[], []];
  for (let at = 0; at < count; at += 1) {
    for (const [which, call] of [one, other].entries()) {
      const start = performance.now();
      const result = call(at);
      if (result instanceof Promise) await result; // a call that is done when it returns is not made to wait
      took[which].push((performance.now() - start) * 1_000);
    }
  }
  return took.map(median);
}

/** `12.3 µs`, `4.56 ms` … */
export function shown(microseconds) {
  if (microseconds < 1_000) return `${microseconds.toPrecision(3)} µs`;
  return microseconds < 1_000_000
    ? `${(microseconds / 1_000).toPrecision(3)} ms`
    : `${(microseconds / 1e6).toPrecision(3)} s`;
}

/** `9890×`, `1.5×`, `0.16×`: how often `base` goes into `took`. */
export function times(took, base) {
  const ratio = took / base;
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)}×`;
}
