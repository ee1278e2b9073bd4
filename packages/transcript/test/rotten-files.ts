import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";

/** Everything but a good file that may be found in the place of one, by what it is called in a title. */
export const ROTTEN_FILES: readonly (readonly [string, (file: string) => void])[] = [
  ["a folder", (file) => mkdirSync(file)],
  ["a pipe that nobody writes to", (file) => execFileSync("mkfifo", [file])],
  ["a link to nowhere", (file) => symlinkSync("/nowhere/at/all", file)],
  ["a link to a device", (file) => symlinkSync("/dev/zero", file)],
  ["a gigabyte of zeros", (file) => execFileSync("truncate", ["-s", "1G", file])],
  ["some notes", (file) => writeFileSync(file, "just some notes\n", { mode: 0o600 })],
  ["half a header", (file) => writeFileSync(file, '{"type":"session","ver', { mode: 0o600 })],
];
