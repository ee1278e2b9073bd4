/**
 * What happens to an input that comes while a run of its session is active or waits.
 *
 * - `followup` it waits its turn
 * - `collect` it waits; the inputs in this mode that wait one after another become one turn
 * - `steer` the active run is given it after its next tool calls; when that run has no more, it waits its turn
 * - `interrupt` the active run and those that wait are stopped, then it runs
 * - `reject` it is refused
 */
export const QUEUE_MODES = ["followup", "collect", "steer", "interrupt", "reject"] as const;
export type QueueMode = (typeof QUEUE_MODES)[number];

/** The mode by that name. */
export function toQueueMode(name: unknown): QueueMode | undefined {
  return QUEUE_MODES.find((mode) => mode === name);
}
