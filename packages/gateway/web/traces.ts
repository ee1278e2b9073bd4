import { type Row } from "./live-rows.ts";

/**
 * What a stop left behind when there was nothing to keep: a message cancelled in the queue, or an answer that had no
 * word yet. The transcript has no row for it; the page shows where it was until it is left.
 */
export interface Trace {
  readonly row: Row;
  /** The written message before it; undefined at the very beginning. */
  readonly afterId: string | undefined;
}

/** The trace of something that ended now, after all that is written or being written. */
export function traceAfter(shown: readonly Row[], row: Row): Trace {
  const before = shown.findLast(
    ({ id, status }) => id !== row.id && (status === "stored" || status === "streaming"),
  );
  return { row, afterId: before?.id };
}

/** The rows with each trace at its place; one whose place is not loaded comes first. */
export function withTraces(rows: readonly Row[], traces: readonly Trace[]): readonly Row[] {
  const ids = new Set(rows.map((row) => row.id));
  const isPlaced = ({ afterId }: Trace): boolean => afterId !== undefined && ids.has(afterId);
  const placeless = traces.filter((trace) => !isPlaced(trace)).map((trace) => trace.row);
  const woven = rows.flatMap((row) => [
    row,
    ...traces.filter((trace) => trace.afterId === row.id).map((trace) => trace.row),
  ]);
  return [...placeless, ...woven];
}
