import type { RawReadSpec, RawWriteSpec } from "../analysis/vocabulary.ts";

const writes: readonly Omit<RawWriteSpec, "from" | "anyFile">[] = [
  { name: "appendFile" },
  { name: "copyFile", resource: 1, rewrites: true },
  { name: "cp", resource: 1, rewrites: true },
  { name: "open", flags: 1 },
  { name: "rename", resource: 1, moves: 0, rewrites: true },
  { name: "truncate", rewrites: true },
  { name: "writeFile", rewrites: true },
];

/** Node's functions that write or move a file by name. */
export const fileSystemWrites: readonly RawWriteSpec[] = [
  ...writes.flatMap((spec): readonly RawWriteSpec[] => [
    { from: "node:fs", anyFile: true, ...spec },
    { from: "node:fs", anyFile: true, ...spec, name: `${spec.name}Sync` },
    { from: "node:fs/promises", anyFile: true, ...spec },
  ]),
  { from: "node:fs", anyFile: true, name: "createWriteStream" },
];

/** Node's functions that read a file by name. */
export const fileSystemReads: readonly RawReadSpec[] = [
  { from: "node:fs", name: "readFile", anyFile: true },
  { from: "node:fs", name: "readFileSync", anyFile: true },
  { from: "node:fs", name: "createReadStream", anyFile: true },
  { from: "node:fs/promises", name: "readFile", anyFile: true },
];
