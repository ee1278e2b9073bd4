import type { Transcript } from "@session-lock/transcript";
import type { RunAudience } from "./run-events.ts";
import type { Run } from "./run.ts";
import type { AgentRunner } from "../runners/runner.ts";
import type { SessionSettings } from "../session/session-settings.ts";

/** What a run needs from the session it belongs to. */
export interface RunHost extends RunAudience {
  readonly transcript: Transcript;
  readonly runner: AgentRunner;
  readonly settings: SessionSettings;
  /** Aborts when the session is about to be closed here. */
  readonly closing: AbortSignal;
  /** Takes the runs out of the lane that wait to steer this one. */
  steering(): readonly Run[];
  /** Puts runs back into the lane: another gateway ends them, or leaves them to this one. */
  putBack(runs: readonly Run[]): void;
  /** Called with what no client can be told, for the log. */
  failed(run: Run, error: unknown): void;
  /** Called once, after the terminal event. */
  ended(run: Run): void;
}
