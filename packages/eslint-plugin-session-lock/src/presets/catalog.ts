import { piPreset } from "./pi.ts";
import type { Preset } from "./preset.ts";
import { properLockfilePreset } from "./proper-lockfile.ts";
import { sessionLockPreset } from "./session-lock.ts";
import { webLocksPreset } from "./web-locks.ts";

export type PresetName = "session-lock" | "pi" | "proper-lockfile" | "web-locks";

export const presets: Readonly<Record<PresetName, Preset>> = {
  "session-lock": sessionLockPreset,
  pi: piPreset,
  "proper-lockfile": properLockfilePreset,
  "web-locks": webLocksPreset,
};

export const defaultPresets: readonly PresetName[] = ["session-lock", "pi"];
