import type { SessionRecord } from "@session-lock/transcript";
import { GatewayError } from "../errors.ts";
import { toQueueMode, type QueueMode } from "../lane/queue-mode.ts";

/** What a session is set to; a send may ask for something else. */
export interface SessionSettings {
  /** Default: `followup`. */
  readonly queueMode: QueueMode;
  readonly thinking: string | undefined;
  /** The model to answer with. Default: the runner's. */
  readonly model: string | undefined;
  /** Whether messages are taken. Default: true. */
  readonly takesMessages: boolean;
}

/** Reads the settings from the session's record; what is missing or of another program is the default. */
export function readSettings(record: SessionRecord): SessionSettings {
  return {
    queueMode: toQueueMode(record["queueMode"]) ?? "followup",
    thinking: textOf(record["thinkingLevel"]),
    model: textOf(record["model"]),
    takesMessages: record["sendPolicy"] !== "deny",
  };
}

/** Throws `INVALID_REQUEST` when the session takes no messages. */
export function refuseDenied({ takesMessages }: SessionSettings): void {
  if (!takesMessages) throw new GatewayError("INVALID_REQUEST", "send blocked by session policy");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
