import { closeSync, readdirSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { hasCode } from "../errors.ts";

/** F_OFD_SETLKW (fcntl(2)): the call in which a native wait sleeps. */
const waitsForLock = 38;
/** Does nothing by itself, and no tool sends it. */
const signal = "SIGURG";
const retryMs = 5;

/**
 * Ends the native wait on an open file, together with its descriptor. Returns false, and does nothing, where that is
 * not possible: outside of Linux, and in a worker thread, which cannot have a handler for a signal.
 *
 * Nothing cancels such a wait, but a signal makes its thread begin the call anew, and by then its descriptor is closed:
 * the call fails, and the thread ends. A signal that is sent to the number of a thread goes to that thread.
 */
export function interruptWait(fd: number, isOver: () => boolean): boolean {
  if (!isMainThread || threadsWaitingOn(fd).length === 0) return false;
  closeSync(fd);
  interrupt(fd, isOver);
  return true;
}

/** A program that handles the signal itself may have one under way, which swallows ours: so it is sent until it has worked. */
function interrupt(fd: number, isOver: () => boolean): void {
  for (const thread of threadsWaitingOn(fd)) send(thread);
  setTimeout(() => isOver() || interrupt(fd, isOver), retryMs);
}

/** What nobody handles is thrown away when it is sent, but not when it is under way. */
function send(thread: number): void {
  const handler = (): void => undefined;
  process.on(signal, handler);
  try {
    process.kill(thread, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error; // it has ended
  } finally {
    process.off(signal, handler);
  }
}

/** Known by what each of our threads is doing: `72 0x16 0x26 …`, a system call and its arguments (proc_pid_syscall(5)). */
function threadsWaitingOn(fd: number): readonly number[] {
  return threads().filter((thread) => {
    const [, first, second] = callOf(thread).split(" ").map(Number);
    return first === fd && second === waitsForLock;
  });
}

function threads(): readonly number[] {
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return []; // not Linux, or hidden
  }
}

function callOf(thread: number): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/syscall`, "latin1");
  } catch {
    return ""; // it has ended, or this kernel does not tell
  }
}
