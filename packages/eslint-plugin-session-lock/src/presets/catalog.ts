import { asyncMutexPreset } from "./async-mutex.ts";
import { openclawPreset } from "./openclaw.ts";
import { piPreset } from "./pi.ts";
import type { Preset } from "./preset.ts";
import { properLockfilePreset } from "./proper-lockfile.ts";
import { sessionLockPreset } from "./session-lock.ts";
import { webLocksPreset } from "./web-locks.ts";

export type PresetName = "session-lock" | "pi" | "openclaw" | "proper-lockfile" | "async-mutex" | "web-locks";

export const presets: Readonly<Record<PresetName, Preset>> = {
  "session-lock": sessionLockPreset,
  pi: piPreset,
  openclaw: openclawPreset,
  "proper-lockfile": properLockfilePreset,
  "async-mutex": asyncMutexPreset,
  "web-locks": webLocksPreset,
};

export const defaultPresets: readonly PresetName[] = ["session-lock", "pi"];
