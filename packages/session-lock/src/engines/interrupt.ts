import { closeSync, readdirSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { hasCode } from "../errors.ts";

/** F_OFD_SETLKW (fcntl(2)): the call in which a native wait sleeps. */
const waitsForLock = 38;
/** Does nothing by itself, and no tool sends it. */
const signal = "SIGURG";
const retryMs = 5;
/** A thread that has not been found this often is not in the call, or the system does not tell: it ends by itself. */
const mostLooks = 200;

/**
 * Ends the native wait on an open file, together with its descriptor: at once where the system lets it, which is on Linux and
 * not in a worker thread, as that cannot have a handler for a signal. Returns what to call when the wait is over.
 *
 * Nothing cancels such a wait, but a signal makes its thread begin the call anew, and by then its descriptor is closed:
 * the call fails, and the thread ends. A signal that is sent to the number of a thread goes to that thread.
 */
export function endWait(fd: number): () => void {
  let [isOver, isClosed, looks] = [false, false, 0];
  const close = (): void => {
    if (!isClosed) closeSync(fd);
    isClosed = true;
  };
  // A program that handles the signal itself may have one under way, which swallows ours: so it is sent until it has worked.
  const interrupt = (): void => {
    if (isOver) return;
    const waiting = threadsWaitingOn(fd);
    // A thread that was just started is not there yet; it would make its call on whatever had the number by then.
    if (waiting.length > 0) close();
    for (const thread of waiting) send(thread);
    looks += 1;
    if (isClosed || looks < mostLooks) setTimeout(interrupt, retryMs);
  };
  if (isMainThread && callOf(process.pid) !== "") interrupt();
  return () => {
    isOver = true;
    close();
  };
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
