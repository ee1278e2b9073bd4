import type { RawReadSpec, RawWriteSpec } from "../analysis/vocabulary.ts";

const writes: readonly { readonly name: string; readonly resource: number; readonly rewrites: boolean }[] = [
  { name: "appendFile", resource: 0, rewrites: false },
  { name: "createWriteStream", resource: 0, rewrites: false },
  { name: "rename", resource: 1, rewrites: true },
  { name: "truncate", resource: 0, rewrites: true },
  { name: "writeFile", resource: 0, rewrites: true },
];

/** Node's functions that write a file by name. */
export const fileSystemWrites: readonly RawWriteSpec[] = writes.flatMap((spec) => [
  { from: "node:fs", anyFile: true, ...spec },
  { from: "node:fs", anyFile: true, ...spec, name: `${spec.name}Sync` },
  { from: "node:fs/promises", anyFile: true, ...spec },
]);

/** Node's functions that read a file by name. */
export const fileSystemReads: readonly RawReadSpec[] = ["readFile", "createReadStream"].flatMap((name) => [
  { from: "node:fs", name, anyFile: true },
  { from: "node:fs", name: `${name}Sync`, anyFile: true },
  { from: "node:fs/promises", name, anyFile: true },
]);
