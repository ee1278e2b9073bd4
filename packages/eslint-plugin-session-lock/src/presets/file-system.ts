import type { RawWriteSpec } from "../analysis/vocabulary.ts";

const written: Readonly<Record<string, number>> = {
  appendFile: 0,
  createWriteStream: 0,
  rename: 1,
  truncate: 0,
  writeFile: 0,
};

/** Node's functions that write a file by name. */
export const fileSystemWrites: readonly RawWriteSpec[] = Object.entries(written).flatMap(([name, file]) => [
  { from: "node:fs", name, file },
  { from: "node:fs", name: `${name}Sync`, file },
  { from: "node:fs/promises", name, file },
]);
