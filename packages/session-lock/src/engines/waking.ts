import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { basename } from "node:path";
import type { Parking } from "../engine.ts";
import { processWide } from "../process-wide.ts";

/** Waits of this process that are parked now. */
const parked = processWide("parked", () => ({ waits: 0 }));

/** Something that may end a wait, though never before it has returned how to stop it. */
export type WakeSource = (wake: () => void) => () => void;

/** A wait that the first of its sources ends. */
export function parkUntil(sources: readonly WakeSource[]): Parking {
  const stops: (() => void)[] = [];
  let isParked = true;
  parked.waits += 1;
  let end: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    end = () => {
      if (isParked) parked.waits -= 1;
      isParked = false;
      for (const stop of stops.splice(0)) stop();
      resolve();
    };
  });
  for (const source of sources) stops.push(source(end));
  return { woken, end };
}

/** How many times longer to pause than alone, so that many parked waits do not keep the process busy looking. */
export function crowding(): number {
  return 1 + Math.floor(parked.waits / 8);
}

/** Wakes when the file or folder at `path` itself changes, is replaced or goes away; not for entries of a folder. */
export function onChange(path: string): WakeSource {
  const own = basename(path);
  return (wake) => {
    let watcher: FSWatcher;
    try {
      watcher = watch(path, { persistent: false }, (_event, name) => {
        if (name === null || name === own) wake();
      });
    } catch {
      return () => undefined; // gone already, or out of watches: the timer beside this source covers both
    }
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  };
}

/** Wakes after a while in any case, spread over ±25 % so that waiters do not come back in step. */
export function afterAbout(ms: number): WakeSource {
  return (wake) => {
    const timer = setTimeout(wake, ms * (0.75 + Math.random() / 2));
    return () => clearTimeout(timer);
  };
}
