import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { hasCode } from "../errors.ts";

/** F_OFD_SETLKW (fcntl(2)): the call in which a native wait sleeps. */
const waitsForLock = 38;
/** Does nothing by itself, and no tool sends it. */
const signal = "SIGURG";
const retryMs = 5;
/** A thread that is not found this often does not exist: the system may refuse to start one, of which the add-on says nothing. */
const mostMisses = 200;

/**
 * Closes a lock file and ends the native wait on it, at once where the system tells what threads do. Not for worker threads, which
 * cannot have a handler for a signal. Returns what to call when the wait is over.
 *
 * Nothing cancels such a wait, but a signal makes its thread begin the call anew, with the number of the descriptor. By then that
 * number leads to something that cannot be locked, so the call fails, and the thread ends; so does one that had not come to its
 * call yet. Until then nobody else gets the number: on another lock file, the call would take a lock that nobody knows of.
 */
export function endWait(fd: number): () => void {
  let isOver = false;
  let misses = 0;
  closeSync(fd);
  const isKept = keepNumber(fd);
  // A program that handles the signal itself may have one under way, which swallows ours: so it is sent until it has worked.
  const interrupt = (): void => {
    if (isOver) return;
    const waiting = threadsWaitingOn(fd);
    for (const thread of waiting) send(thread);
    misses = waiting.length > 0 ? 0 : misses + 1;
    if (misses < mostMisses) setTimeout(interrupt, retryMs);
  };
  if (callOf(process.pid) !== "") interrupt();
  return () => {
    isOver = true;
    if (isKept) closeSync(fd);
  };
}

/** Opens what cannot be locked, as this number. Returns false where another thread was faster, or nothing can be opened. */
function keepNumber(fd: number): boolean {
  const opened: number[] = [];
  try {
    // The lowest number that is free is the next to be given out.
    let next = -1;
    while (next < fd) opened.push((next = openSync("/proc/self", "r")));
    return next === fd;
  } catch {
    return false; // out of descriptors
  } finally {
    for (const other of opened) if (other !== fd) closeSync(other);
  }
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
