import type { Preset } from "./preset.ts";

/** The Web Locks API: `navigator.locks.request(name, callback)`, which waits for itself when nested. */
export const webLocksPreset: Preset = {
  wrappers: [
    { from: "globalThis", name: "navigator.locks.request", resource: 0, callback: -1, reentrant: false },
  ],
};
