import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "../errors.ts";
import { inspectSessionLock } from "../inspect.ts";
import type { SessionLockStatus } from "../inspect.ts";
import { listedStatus, listSessionLocks } from "../list.ts";
import { explain } from "./describe.ts";
import type { Terminal } from "./terminal.ts";

const intervalMs = 200;

/** Prints the state of each lock at first and whenever it changes hands, until the user interrupts. */
export async function watchLocks(target: string, json: boolean, terminal: Terminal): Promise<void> {
  const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  const last = new Map<string, string>();
  /** What was never seen is news at first; later it is as free as a lock without an entry. */
  let unseen: string | undefined;
  while (!terminal.stop.aborted) {
    for (const status of isFolder ? lookInto(target, last.keys()) : [inspectSessionLock(target)]) {
      const { sessionFile } = status;
      const state = stateOf(status);
      const isNews = (last.get(sessionFile) ?? unseen) !== state;
      // What left no entry needs no more looks: it is listed again when there is news of it.
      if (isFolder && status.state === "free" && status.engine === undefined) last.delete(sessionFile);
      else last.set(sessionFile, state);
      if (!isNews) continue;
      terminal.out(json ? JSON.stringify(status) : `${new Date().toISOString()} ${explain(status)}`);
    }
    unseen = stateOf({ state: "free", waiting: [] });
    await delay(intervalMs, undefined, { signal: terminal.stop }).catch((error: unknown) => {
      if (!hasCode(error, "ABORT_ERR")) throw error; // interrupted: the loop ends by itself
    });
  }
}

type Seen = Pick<SessionLockStatus, "state" | "waiting"> & Partial<SessionLockStatus>;

/** What tells whether a lock has changed hands. */
function stateOf({ state, holder, waiting, problem }: Seen): string {
  return JSON.stringify([state, holder?.pid, holder?.epoch, waiting, problem]);
}

/** The locks in a folder, and those there before: a lock that is let go may leave no entry behind. */
function lookInto(folder: string, before: Iterable<string>): readonly SessionLockStatus[] {
  const found = listSessionLocks(folder);
  const listed = new Set(found.map(({ sessionFile }) => sessionFile));
  const gone = [...before].filter((sessionFile) => !listed.has(sessionFile));
  return [...found, ...gone.map((sessionFile) => listedStatus(sessionFile))];
}
