import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { tempFolder } from "./temp-session.ts";

const BALLAST = "ballast";

/** For a worker on a `smallDisk`: where mounting is not allowed, its files may not grow past 32 KiB instead. */
export const LIMITED = `test -e "$(dirname "$3")/${BALLAST}" || ulimit -f 64`;

/**
 * A folder on a disk of its own with room for a few pages, or, where mounting is not allowed, a usual folder: a worker
 * that is started `LIMITED` meets a real limit either way.
 */
export function smallDisk(): string {
  const folder = tempFolder();
  const mounted = shell('mount -t tmpfs -o size=128k tmpfs "$1"', folder);
  if (!mounted) return folder;
  onTestFinished(() => void shell('umount -l "$1"', folder));
  writeFileSync(path.join(folder, BALLAST), Buffer.alloc(64 * 1024));
  return folder;
}

/** Gives the disk its room back. */
export function makeRoom(folder: string): void {
  if (existsSync(path.join(folder, BALLAST))) rmSync(path.join(folder, BALLAST));
}

function shell(command: string, folder: string): boolean {
  return spawnSync("sh", ["-c", command, "sh", folder], { stdio: "ignore" }).status === 0;
}
