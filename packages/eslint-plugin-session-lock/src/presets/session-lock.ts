import type { Preset } from "./preset.ts";

/** This project's own packages. */
export const sessionLockPreset: Preset = {
  managers: [{ from: "@session-lock/transcript", name: "SessionManager" }],
  acquires: [
    { from: "session-lock", name: "acquireSessionWriteLock", handleType: "SessionWriteLock" },
    { from: "session-lock", name: "tryAcquireSessionWriteLock", sync: true },
  ],
  wrappers: [{ from: "session-lock", name: "withSessionWriteLock" }],
};
