import { piPreset } from "./pi.ts";
import type { Preset } from "./preset.ts";

/** OpenClaw: pi's session manager and its own, the write lock, and the guard that is put around a manager. */
export const openclawPreset: Preset = {
  managers: [
    ...(piPreset.managers ?? []),
    { from: "./src/agents/sessions/session-manager.ts", name: "SessionManager" },
  ],
  acquires: [
    { from: "./src/agents/session-write-lock.ts", name: "acquireSessionWriteLock" },
    { from: "openclaw/plugin-sdk/session-write-lock-runtime", name: "acquireSessionWriteLock" },
  ],
  identities: [{ from: "./src/agents/session-tool-result-guard-wrapper.ts", name: "guardSessionManager" }],
};
