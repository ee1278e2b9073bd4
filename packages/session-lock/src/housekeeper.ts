import { processWide } from "./process-wide.ts";

/** One timer looks after every lock of the process, so that taking one needs none of its own. In ms. */
const intervalMs = 25;

interface House {
  /** Absent while there is nothing to look after. */
  timer: NodeJS.Timeout | undefined;
  /** Tasks that wait for a lock. */
  waits: number;
  isExitHooked: boolean;
}

const house = processWide("house", (): House => ({ timer: undefined, waits: 0, isExitHooked: false }));

/** Has `sweep` called regularly until it returns false, and `close` when the process exits. */
export function keepHouse(sweep: (now: number) => boolean, close: () => void): void {
  if (house.timer !== undefined) return;
  house.timer = setInterval(() => {
    if (house.waits === 0) house.timer?.unref();
    if (sweep(performance.now())) return;
    clearInterval(house.timer);
    house.timer = undefined;
  }, intervalMs).unref();
  if (house.isExitHooked) return;
  house.isExitHooked = true;
  process.once("exit", close);
}

/** A task waits: the timer, which will end its wait, keeps the process alive until then. */
export function waitBegins(): void {
  house.waits += 1;
  if (house.waits === 1) house.timer?.ref();
}

/** The timer lets go of the process when it next comes by: many waits are over sooner. */
export function waitEnds(): void {
  house.waits -= 1;
}
