import { type Row } from "./live-rows.ts";

/** The messages of a session that the page has, without a hole: from some message on to the newest. */
export interface Pages {
  readonly rows: readonly Row[];
  /** Whether the transcript has older ones. */
  readonly hasMore: boolean;
}

/** Puts the newest page in place of what it covers. Older pages stay when it reaches them, else they would leave a hole. */
export function withNewest(known: Pages | undefined, newest: Pages): Pages {
  const [first] = newest.rows;
  if (known === undefined || first === undefined) return newest;
  const seam = known.rows.findIndex((row) => row.id === first.id);
  if (seam < 0) return newest;
  return { rows: [...known.rows.slice(0, seam), ...newest.rows], hasMore: known.hasMore };
}

/** Puts an older page before what is known; where the two overlap, because messages came meanwhile, each stays once. */
export function withEarlier(known: Pages | undefined, earlier: Pages): Pages {
  if (known === undefined) return earlier;
  const ids = new Set(known.rows.map((row) => row.id));
  const older = earlier.rows.filter((row) => !ids.has(row.id));
  return { rows: [...older, ...known.rows], hasMore: earlier.hasMore };
}
