import { type ChatEvent, type Message, type PendingInput } from "./wire.ts";

/**
 * Where a message is on its way:
 * `sending` → `queued` or `stored` (the gateway has it), or `unsent` when the gateway refused it;
 * `streaming` → `stored`. A message that ended badly says so in its `outcome`.
 */
export type RowStatus = "stored" | "streaming" | "queued" | "sending" | "unsent";

export interface Row extends Message {
  readonly status: RowStatus;
  /** The run that wrote it or waits to; undefined where the history does not say. */
  readonly runId: string | undefined;
}

const ORDER: Readonly<Record<RowStatus, number>> = {
  stored: 0,
  streaming: 1,
  queued: 2,
  sending: 3,
  unsent: 4,
};

/** Replaces a row in place, or files it behind everything that goes before it when its status is new. */
export function withRow(rows: readonly Row[], row: Row): readonly Row[] {
  const index = rows.findIndex((candidate) => candidate.id === row.id);
  if (index >= 0 && rows[index]?.status === row.status) return rows.with(index, row);
  const others = rows.filter((candidate) => candidate.id !== row.id);
  const place = others.findLastIndex((candidate) => ORDER[candidate.status] <= ORDER[row.status]) + 1;
  return others.toSpliced(place, 0, row);
}

/** Changes the row with this id; a row that is not there stays away. */
export function changeRow(rows: readonly Row[], id: string, change: Partial<Row>): readonly Row[] {
  const row = rows.find((candidate) => candidate.id === id);
  return row === undefined ? rows : withRow(rows, { ...row, ...change });
}

/** What stays when another conversation begins: what no transcript has yet, and what is being written. */
export function goingOn(rows: readonly Row[], activeRunIds: readonly string[]): readonly Row[] {
  return rows.filter(
    ({ status, runId }) =>
      ORDER[status] > ORDER.streaming || (runId !== undefined && activeRunIds.includes(runId)),
  );
}

export function promptRow(input: PendingInput, status: RowStatus): Row {
  const { runId, text, pictures, at } = input;
  return { ...blank(promptId(runId), runId), author: "person", text, pictures, at, status };
}

export function answerRow(runId: string): Row {
  return { ...blank(answerId(runId), runId), author: "assistant", status: "streaming" };
}

/** What the terminal event of a run makes of its answer. */
export function ending(event: Extract<ChatEvent, { kind: "final" | "stopped" | "failed" }>): Partial<Row> {
  switch (event.kind) {
    case "final":
      return { status: "stored", outcome: "complete" };
    case "stopped":
      return { status: "stored", outcome: "stopped" };
    case "failed":
      return { status: "stored", outcome: "failed", problem: event.problem };
  }
}

/** Whether the gateway has not been heard to have the message. */
export function isHereAlone({ status }: Row): boolean {
  return status === "sending" || status === "unsent";
}

/** Whether all of a message is on this page, so that it can be sent from here. */
export function isWhole({ pictures }: Row): boolean {
  return pictures.every(({ address }) => address !== undefined);
}

/** The id of the message that started a run, the same in the live and in the stored copy. */
export function promptId(runId: string): string {
  return `${runId}:user`;
}

/** The id of the message a run wrote, the same in the live and in the stored copy. */
export function answerId(runId: string): string {
  return `${runId}:assistant`;
}

function blank(id: string, runId: string) {
  const bare = { text: "", pictures: [], at: undefined, outcome: "complete", problem: undefined } as const;
  return { id, entryId: undefined, runId, ...bare };
}
