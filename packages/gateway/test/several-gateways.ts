import { readFile } from "node:fs/promises";
import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import { expect } from "vitest";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

/** Resolves when a process is stopped, as the system sees it. */
export async function untilStopped(pid: number): Promise<void> {
  const state = async (): Promise<string | undefined> =>
    /\) (\w)/.exec(await readFile(`/proc/${pid}/stat`, "utf8"))?.[1];
  await expect.poll(state, { interval: 20 }).toBe("T");
}

/** How often each row of a run is in the transcript. */
export interface RunRows {
  readonly inputs: number;
  readonly users: number;
  readonly ends: number;
}

/** The rows of a run. */
export function rowsOf(entries: readonly SessionEntry[], runId: string): RunRows {
  const text = JSON.stringify(entries);
  const count = (key: string): number => text.split(`"idempotencyKey":${JSON.stringify(key)}`).length - 1;
  return {
    inputs: count(`${runId}:input`),
    users: count(`${runId}:user`),
    ends: count(`${runId}:assistant`) + count(`${runId}:end`),
  };
}

/** The runs whose words or end are on the branch, as `begin` and `end`, in order. One run at a time: they alternate. */
export function turnsOf(entries: readonly SessionEntry[]): string[] {
  return entries.flatMap((entry) => {
    const [, runId, row] = /^(.+):(user|assistant|end)$/.exec(idempotencyKeyOf(entry) ?? "") ?? [];
    return runId === undefined ? [] : [`${row === "user" ? "begin" : "end"} ${runId}`];
  });
}

/** The entries of the main session. */
export async function mainEntries(stateDir: string): Promise<SessionEntry[]> {
  return readEntries(await sessionFileOf(stateDir, "agent:main:main"));
}
