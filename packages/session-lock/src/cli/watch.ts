import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "../errors.ts";
import { inspectSessionLock } from "../inspect.ts";
import type { SessionLockStatus } from "../inspect.ts";
import { listSessionLocks } from "../list.ts";
import { explain } from "./describe.ts";
import type { Terminal } from "./terminal.ts";

const intervalMs = 200;

/** Prints the state of each lock at first and whenever it changes hands, until the user interrupts. */
export async function watchLocks(target: string, json: boolean, terminal: Terminal): Promise<void> {
  const last = new Map<string, string>();
  while (!terminal.stop.aborted) {
    for (const status of look(target)) {
      const state = JSON.stringify([status.state, status.holder?.pid, status.holder?.epoch, status.waiting]);
      if (last.get(status.sessionFile) === state) continue;
      last.set(status.sessionFile, state);
      terminal.out(json ? JSON.stringify(status) : `${new Date().toISOString()} ${explain(status)}`);
    }
    await delay(intervalMs, undefined, { signal: terminal.stop }).catch((error: unknown) => {
      if (!hasCode(error, "ABORT_ERR")) throw error; // interrupted: the loop ends by itself
    });
  }
}

function look(target: string): readonly SessionLockStatus[] {
  const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? listSessionLocks(target) : [inspectSessionLock(target)];
}
