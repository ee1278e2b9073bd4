/**
 * What an acknowledged append has survived.
 *
 * - `fdatasync` it is on the disk
 * - `batch` it is on the disk, and waited up to two milliseconds for others to share its write and its sync
 * - `os` it was handed to the system: it survives a crash of the process, not of the machine
 */
export type Durability = "os" | "fdatasync" | "batch";

/** Throws a TypeError for anything else: a misspelt durability must not become another one. */
export function assertDurability(durability: unknown): void {
  if (durability === undefined || durability === "os") return;
  if (durability === "fdatasync" || durability === "batch") return;
  throw new TypeError(`durability must be "os", "fdatasync" or "batch", not ${JSON.stringify(durability)}`);
}
