import type { Preset } from "./preset.ts";

/** `proper-lockfile`, whose `lock()` gives the function that releases; `unlock()` is told the file. */
export const properLockfilePreset: Preset = {
  acquires: [
    { from: "proper-lockfile", name: "lock", resource: 0, returns: "release" },
    { from: "proper-lockfile", name: "lockSync", resource: 0, returns: "release", sync: "throws" },
  ],
  releasers: ["unlock", "unlockSync"].map((name) => ({ from: "proper-lockfile", name, resource: 0 })),
};
