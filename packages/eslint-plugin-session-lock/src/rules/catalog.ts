import { noEscapingSessionLock } from "./no-escaping-session-lock.ts";
import { noNestedSessionLock } from "./no-nested-session-lock.ts";
import { noRawTranscriptWrite } from "./no-raw-transcript-write.ts";
import { noSlowAwaitInSessionLock } from "./no-slow-await-in-session-lock.ts";
import { noStaleSessionManager } from "./no-stale-session-manager.ts";
import { releaseSessionLock } from "./release-session-lock.ts";
import { preferWithSessionLock } from "./prefer-with-session-lock.ts";
import { requireSessionLock } from "./require-session-lock.ts";
import { validLockAnnotations } from "./valid-lock-annotations.ts";

/** Every rule, by its name. */
export const rules = {
  "require-session-lock": requireSessionLock,
  "release-session-lock": releaseSessionLock,
  "no-nested-session-lock": noNestedSessionLock,
  "no-stale-session-manager": noStaleSessionManager,
  "no-escaping-session-lock": noEscapingSessionLock,
  "no-raw-transcript-write": noRawTranscriptWrite,
  "no-slow-await-in-session-lock": noSlowAwaitInSessionLock,
  "valid-lock-annotations": validLockAnnotations,
  "prefer-with-session-lock": preferWithSessionLock,
};
