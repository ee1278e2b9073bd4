import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { basename } from "node:path";
import type { Parking } from "../engine.ts";
import { processWide } from "../process-wide.ts";

/** Waits of this process that are parked now. */
const parked = processWide("parked", () => ({ waits: 0 }));

/** Who lets others go first without knowing whether there are any looks again after this long, in ms. */
const behindMs = 2;

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
function onChange(path: string): WakeSource {
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

/**
 * A wait without a place in a queue: for a change at `path`, or a look that comes sooner at first, for a lock that was let go between our try and
 * our watch. `parkings`: how many waits there were in a row, with this one. `behind`: whoever waits already goes first.
 */
export function parkWatching(path: string, parkings: number, longestMs: number, behind: boolean): Parking {
  if (behind) return parkUntil([afterAbout(behindMs)]);
  const pauseMs = Math.min(longestMs, 2 ** (parkings - 1)) * crowding();
  return parkUntil([onChange(path), afterAbout(pauseMs)]);
}

/** Wakes after a while in any case, spread over ±25 % so that waiters do not come back in step. */
export function afterAbout(ms: number): WakeSource {
  return (wake) => {
    const timer = setTimeout(wake, ms * (0.75 + Math.random() / 2));
    return () => clearTimeout(timer);
  };
}

/** A wait is parked without `parkUntil`. */
export function parkingBegins(): void {
  parked.waits += 1;
}

export function parkingEnds(): void {
  parked.waits -= 1;
}
