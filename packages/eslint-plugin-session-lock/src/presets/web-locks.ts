import type { Preset } from "./preset.ts";

/**
 * The Web Locks API: `navigator.locks.request(name, options?, callback)`, which waits for itself when nested, and
 * excludes nobody in the mode `shared`.
 */
export const webLocksPreset: Preset = {
  wrappers: [
    {
      from: "globalThis",
      name: "navigator.locks.request",
      resource: 0,
      callback: -1,
      reentrant: false,
      hasModes: true,
    },
  ],
};
