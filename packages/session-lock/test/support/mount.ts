import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { tempFolder } from "./temp.ts";

/** Whether the tests run as somebody who may mount file systems. */
export const mayMount = process.platform === "linux" && shell('unshare -m mount -t tmpfs tmpfs "$1"', "/tmp");

/** A folder on a file system of its own, of a certain size if one is given (in KiB). */
export function tmpfs(sizeKib?: number): string {
  const folder = tempFolder();
  mount(sizeKib === undefined ? "-t tmpfs tmpfs" : `-t tmpfs -o size=${sizeKib}k tmpfs`, folder);
  return folder;
}

/** A folder on an overlay, whose upper layer is another file system than its lower one, as in a container. */
export function overlay(): string {
  const [lower, upper, folder] = [tempFolder(), tmpfs(), tempFolder()];
  for (const name of ["files", "work"]) mkdirSync(path.join(upper, name));
  mount(`-t overlay overlay -o lowerdir=${lower},upperdir=${upper}/files,workdir=${upper}/work`, folder);
  return folder;
}

/** Mounts over a folder, which is made if it is missing, until the test ends. */
export function mount(what: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (!shell(`mount ${what} "$1"`, folder)) throw new Error(`mount ${what} failed`);
  onTestFinished(() => unmount(folder));
}

export function unmount(folder: string): void {
  shell('umount -l "$1"', folder);
}

function shell(command: string, folder: string): boolean {
  return spawnSync("sh", ["-c", command, "sh", folder], { stdio: "ignore" }).status === 0;
}
