import { createRule } from "./create-rule.ts";

/** Reports a write through a manager that was opened before the lock was acquired. */
export const noStaleSessionManager = createRule({
  name: "no-stale-session-manager",
  description: "disallow to write through a session manager that was opened before the lock was acquired",
  recommended: true,
  messages: {
    stale:
      "`{{method}}()` writes through a manager opened at {{opened}}, before the lock was acquired at {{acquired}}: what it read may be out of date. Open it after the acquire.",
  },
});
