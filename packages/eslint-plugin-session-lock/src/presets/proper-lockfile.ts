import type { Preset } from "./preset.ts";

/** `proper-lockfile`, whose `lock()` gives the function that releases. */
export const properLockfilePreset: Preset = {
  acquires: [{ from: "proper-lockfile", name: "lock", resource: 0, returns: "release" }],
};
