import { readFileSync, readlinkSync } from "node:fs";
import { hasCode } from "./errors.ts";

/** What the operating system says about a process (or, on Linux, one thread of it). */
export type ProcessState = "running" | "gone" | "unknown";

/**
 * Start time of a process, or of its thread `tid` on Linux, in whatever unit the platform has; two processes that
 * had the same pid differ in it. `undefined` when the process is gone or the system does not tell.
 */
export function startTimeOf(pid: number, tid?: number): number | string | undefined {
  switch (process.platform) {
    case "linux":
    case "android":
      return asStat(readStat(pid, tid))?.starttime;
    case "win32":
      return runTool("powershell.exe", [
        "-NoProfile",
        "-NonInteractive",
        "-Command",
        `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
      ]);
    default:
      return runTool("ps", ["-o", "lstart=", "-p", String(pid)]);
  }
}

/** Whether that process, with that start time if one is given, still runs. */
export function stateOf(pid: number, tid?: number, starttime?: number | string): ProcessState {
  if (!Number.isInteger(pid) || pid <= 0) return "unknown";
  if (!pidExists(pid)) return "gone";
  if (process.platform === "linux" || process.platform === "android") {
    const stat = readStat(pid, tid);
    // The pid exists but /proc hides it, or cannot be read just now, or the thread ended: only the latter is proof.
    if (stat === "absent")
      return tid !== undefined && asStat(readStat(pid)) !== undefined ? "gone" : "unknown";
    if (stat === undefined) return "unknown";
    if (stat.state === "Z" || stat.state === "X") return "gone"; // ended, not yet reaped: it holds nothing any more
    return starttime !== undefined && stat.starttime !== starttime ? "gone" : "running";
  }
  if (starttime === undefined) return "running";
  const found = startTimeOf(pid);
  if (found === undefined) return "unknown";
  return found === starttime ? "running" : "gone";
}

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)); the command name in field 2 may hold spaces and brackets. */
export function parseStat(text: string): { readonly state: string; readonly starttime: number } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const starttime = Number(fields[19]);
  return state === undefined || !Number.isFinite(starttime) ? undefined : { state, starttime };
}

type Stat = ReturnType<typeof parseStat>;

/** `absent`: there is no such entry. `undefined`: that cannot be told, as where no descriptor is left to read it with. */
function readStat(pid: number, tid?: number): Stat | "absent" {
  if (!isOwnProc()) return undefined;
  const file = tid === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${tid}/stat`;
  try {
    return parseStat(readFileSync(file, "latin1"));
  } catch (error) {
    return hasCode(error, "ENOENT") || hasCode(error, "ESRCH") ? "absent" : undefined;
  }
}

function asStat(found: Stat | "absent"): Stat {
  return found === "absent" ? undefined : found;
}

let isOwn: boolean | undefined;

/** Whether `/proc` speaks of our pid namespace: some sandboxes show that of the namespace around them, where our pids are others'. */
export function isOwnProc(): boolean {
  return (isOwn ??= ownLink() === String(process.pid));
}

function ownLink(): string | undefined {
  try {
    return readlinkSync("/proc/self");
  } catch {
    return undefined; // not mounted, or another namespace's, which we are not in
  }
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH"); // EPERM: it exists and belongs to another user
  }
}

function runTool(command: string, args: readonly string[]): string | undefined {
  try {
    // Only here: to import it costs every process of Linux, which never needs it, a tenth of what importing this package costs.
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    const output = execFileSync(command, args, {
      encoding: "utf8",
      timeout: 5_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.trim() === "" ? undefined : output.trim();
  } catch {
    return undefined; // no such process, or no such tool on this system
  }
}
