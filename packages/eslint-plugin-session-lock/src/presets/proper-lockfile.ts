import type { Preset } from "./preset.ts";

const lock = { from: "proper-lockfile", resource: 0, returns: "release", anyFile: true } as const;

/** `proper-lockfile`, whose `lock()` gives the function that releases; `unlock()` is told the file. */
export const properLockfilePreset: Preset = {
  acquires: [
    { ...lock, name: "lock" },
    { ...lock, name: "lockSync", sync: "throws" },
  ],
  releasers: ["unlock", "unlockSync"].map((name) => ({ from: "proper-lockfile", name, resource: 0 })),
};
