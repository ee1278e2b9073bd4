import { statSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import type { FileStat } from "../file/session-file.ts";

/** True when a path still leads to the file that was opened there, as long as it was then. */
export function isUnchanged(file: string, opened: FileStat): boolean {
  const now = statOf(file);
  return now?.ino === opened.ino && now.dev === opened.dev && Number(now.size) === opened.size;
}

/** True when users other than the owner may read or write the file. Windows keeps such rights elsewhere. */
export function isOpenToOthers(file: string): boolean {
  const mode = process.platform === "win32" ? undefined : statOf(file)?.mode;
  return mode !== undefined && (mode & 0o077n) !== 0n;
}

function statOf(file: string): ReturnType<typeof bigStat> | undefined {
  try {
    return bigStat(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined; // gone meanwhile: not the file that was opened
    throw error;
  }
}

function bigStat(file: string) {
  return statSync(file, { bigint: true });
}
