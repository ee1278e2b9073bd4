import { styleText } from "node:util";
import type { SessionLockStatus } from "../inspect.ts";
import { printable } from "./printable.ts";

type Style = Parameters<typeof styleText>[0];

/** One sentence: who holds, since when, what for, and who waits. */
export function explain(status: SessionLockStatus): string {
  return printable(sentence(status));
}

/** A table with one row per lock. */
export function table(statuses: readonly SessionLockStatus[], colours: boolean): string {
  const header = ["STATE", "PID", "HOST", "HELD", "WAITING", "ENGINE", "PURPOSE", "SESSION"];
  const rows = statuses.map((status) => [
    status.state,
    String(status.holder?.pid ?? "-"),
    printable(status.holder?.host ?? "-"),
    status.heldMs === undefined ? "-" : duration(status.heldMs),
    status.waiting === undefined ? "?" : String(status.waiting.length),
    status.engine ?? "-",
    printable(status.holder?.purpose ?? "-"),
    printable(status.state === "unknown" ? status.lockPath : status.sessionFile),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const body = rows.map((row, index) => paint(line(row), statuses[index]?.state, colours));
  return [line(header), ...body].join("\n");
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1_000)}s`;
}

function sentence(status: SessionLockStatus): string {
  const { sessionFile, lockPath, holder, heldMs, waiting, problem } = status;
  switch (status.state) {
    case "free":
      return `${sessionFile} is free: nobody holds its write lock.`;
    case "unknown":
      return `${lockPath} tells of no session lock: ${problem ?? "nobody knows why"}.`;
    case "leftover": {
      const owner = holder === undefined ? "its last owner" : `its last owner, process ${holder.pid},`;
      return `${sessionFile} is free to take: ${owner} is dead.`;
    }
    case "held": {
      const who =
        holder === undefined
          ? "somebody who left no readable record"
          : `process ${holder.pid}${holder.host === undefined ? "" : ` on ${holder.host}`}`;
      const since = heldMs === undefined ? "" : ` for ${duration(heldMs)}`;
      const why = holder?.purpose === undefined ? "" : ` (${holder.purpose})`;
      return `${sessionFile} is held by ${who}${since}${why}${describeWaiting(waiting)}.`;
    }
  }
}

function describeWaiting(waiting: readonly number[] | undefined): string {
  if (waiting === undefined) return "; this system does not tell who waits";
  if (waiting.length === 0) return "; no process waits";
  return `; ${waiting.length === 1 ? "process" : "processes"} ${waiting.join(", ")} ${waiting.length === 1 ? "waits" : "wait"}`;
}

function paint(text: string, state: SessionLockStatus["state"] | undefined, colours: boolean): string {
  const style: Record<SessionLockStatus["state"], Style> = {
    free: "green",
    held: "yellow",
    leftover: "red",
    unknown: "magenta",
  };
  return colours && state !== undefined ? styleText(style[state], text, { validateStream: false }) : text;
}
