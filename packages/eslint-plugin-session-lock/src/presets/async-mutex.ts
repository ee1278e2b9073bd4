import type { Preset } from "./preset.ts";

/**
 * `async-mutex`: a mutex waits for itself when nested; its helpers give the mutex they are given. A semaphore that one
 * may hold at a time is a mutex.
 */
export const asyncMutexPreset: Preset = {
  mutexes: [
    { from: "async-mutex", name: "Mutex" },
    { from: "async-mutex", name: "Semaphore", gives: "pair", counts: true },
  ],
  identities: [
    { from: "async-mutex", name: "withTimeout" },
    { from: "async-mutex", name: "tryAcquire" },
  ],
};
