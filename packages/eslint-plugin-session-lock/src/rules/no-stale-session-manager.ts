import { createRule } from "./create-rule.ts";
import { suggestOpen } from "./suggest-open.ts";

/** Reports a write through a manager that was opened before the lock was acquired. */
export const noStaleSessionManager = createRule({
  name: "no-stale-session-manager",
  description: "disallow to write through a session manager that was opened before the lock was acquired",
  recommended: true,
  messages: {
    stale:
      "`{{method}}()` writes through a manager opened at {{opened}}, before the lock was acquired at {{acquired}}: what it read may be out of date. Open it after the acquire.",
    staleRead:
      "`{{call}}()` writes `{{file}}` from what was read at {{opened}}, before the lock was acquired at {{acquired}}: it may be out of date. Read it after the acquire.",
    openInside: "Open it inside the block that the lock covers.",
  },
  suggest: suggestOpen,
});
