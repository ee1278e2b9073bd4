import type { Preset } from "./preset.ts";

/** `async-mutex`: a mutex waits for itself when nested; its helpers give the mutex they are given. */
export const asyncMutexPreset: Preset = {
  mutexes: [{ from: "async-mutex", name: "Mutex" }],
  identities: [
    { from: "async-mutex", name: "withTimeout" },
    { from: "async-mutex", name: "tryAcquire" },
  ],
};
