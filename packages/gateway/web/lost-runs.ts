import { changeRow, isWhole, type Row } from "./live-rows.ts";

const SAFE_AGAIN = "To try again is safe: it is never answered twice.";
const WITHOUT_PICTURES = "Its images are not on this page: write it again with them.";

/** What was under way when the connection broke and is unknown to the gateway now will get no event any more. */
export function settleLostRuns(
  live: readonly Row[],
  alive: readonly string[],
  isWholeQueue: boolean,
): readonly Row[] {
  const lost = live.filter((row) => row.runId !== undefined && !alive.includes(row.runId));
  return lost.reduce((rows, row) => {
    if (row.status === "streaming") {
      const problem = "the connection broke and the gateway no longer knows this run";
      return changeRow(rows, row.id, { status: "stored", outcome: "failed", problem });
    }
    if (row.status !== "queued" || !isWholeQueue) return rows;
    const problem = `the gateway does not know this message. ${isWhole(row) ? SAFE_AGAIN : WITHOUT_PICTURES}`;
    return changeRow(rows, row.id, { status: "unsent", problem });
  }, live);
}
