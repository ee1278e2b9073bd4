import { readFileSync } from "node:fs";
import { hasCode } from "../errors.ts";
import type { LockFile } from "./lock-file.ts";

/**
 * The device of an open file's file system on Linux, as `major:minor` in decimal.
 *
 * The kernel lists locks under the device of the mounted file system. `stat` tells that one on ext4 and tmpfs,
 * but a subvolume's on btrfs and a layer's on overlayfs. So the mount the file was opened by is asked, and
 * `stat` only where that mount is not listed (it was detached, or lies outside of our root).
 */
export function deviceOf({ fd, dev }: LockFile): string {
  return parseMountTable(read("mountinfo")).get(parseMountId(read(`fdinfo/${fd}`))) ?? fromStat(dev);
}

/** Devices by mount id; lines look like `36 35 98:0 /mnt1 /mnt2 rw,noatime …` (proc_pid_mountinfo(5)). */
function parseMountTable(text: string): ReadonlyMap<string, string> {
  const entries = text.split("\n").map((line) => line.split(" "));
  return new Map(entries.map(([id = "", , device = ""]) => [id, device]));
}

/** From lines like `mnt_id:\t36` (proc_pid_fdinfo(5)). */
function parseMountId(text: string): string {
  return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? "none";
}

/** Linux packs them as 12 bits of the minor number, 12 of the major, 8 of the minor (makedev(3)). */
function fromStat(dev: number): string {
  return `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
}

function read(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, "latin1");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EACCES")) return "";
    throw error;
  }
}
