import { processState } from "./process-state.ts";

/** One timer looks after every lock of the process, so that taking one needs none of its own. */
const intervalMs = 25;

/** Makes sure the timer runs. It stops by itself when no file is in use any more. */
export function keepHouse(): void {
  if (processState.housekeeper !== undefined) return;
  processState.housekeeper = setInterval(sweep, intervalMs).unref();
  if (processState.exitHooked) return;
  processState.exitHooked = true;
  process.once("exit", closeAll);
}

/** A task waits: the timer, which will end its wait, keeps the process alive until then. */
export function waitBegins(): void {
  processState.waits += 1;
  if (processState.waits === 1) processState.housekeeper?.ref();
}

export function waitEnds(): void {
  processState.waits -= 1;
  if (processState.waits === 0) processState.housekeeper?.unref();
}

/** How long a spelling of a path is trusted to lead to the same file, in ms. */
const spellingMs = 1_000;

function sweep(): void {
  const now = performance.now();
  for (const [spelling, { resolvedAt }] of processState.spellings)
    if (now - resolvedAt > spellingMs) processState.spellings.delete(spelling);
  for (const [sessionFile, file] of processState.files) if (!file.tick(now)) forget(sessionFile);
  if (processState.files.size > 0) return;
  clearInterval(processState.housekeeper);
  processState.housekeeper = undefined;
}

function forget(sessionFile: string): void {
  const file = processState.files.get(sessionFile);
  processState.files.delete(sessionFile);
  for (const [spelling, entry] of processState.spellings)
    if (entry.file === file) processState.spellings.delete(spelling);
}

function closeAll(): void {
  for (const file of processState.files.values()) file.close();
}
