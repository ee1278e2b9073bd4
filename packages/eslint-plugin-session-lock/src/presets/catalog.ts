import { piPreset } from "./pi.ts";
import type { Preset } from "./preset.ts";
import { sessionLockPreset } from "./session-lock.ts";

export type PresetName = "session-lock" | "pi";

export const presets: Readonly<Record<PresetName, Preset>> = {
  "session-lock": sessionLockPreset,
  pi: piPreset,
};

export const defaultPresets: readonly PresetName[] = ["session-lock", "pi"];
