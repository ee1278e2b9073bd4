import type { Preset } from "./preset.ts";

/** The session manager of pi's coding agent, under both names of its package. */
export const piPreset: Preset = {
  managers: [
    { from: "@mariozechner/pi-coding-agent", name: "SessionManager" },
    { from: "@earendil-works/pi-coding-agent", name: "SessionManager" },
  ],
};
