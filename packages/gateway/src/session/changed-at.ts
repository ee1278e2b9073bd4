import { stat } from "node:fs/promises";
import type { SessionRecord } from "@session-lock/transcript";

/** When the transcript was last written to, in milliseconds since the epoch; 0 when there is none yet. */
export async function changedAt({ sessionFile }: Pick<SessionRecord, "sessionFile">): Promise<number> {
  try {
    return Math.floor((await stat(sessionFile)).mtimeMs);
  } catch (error) {
    // A record is made before its transcript, and the transcript may be gone.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
