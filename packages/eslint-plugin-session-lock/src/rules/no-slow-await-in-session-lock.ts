import { createRule } from "./create-rule.ts";

/** Reports an await of something slow while the lock is held: everybody else waits as long. */
export const noSlowAwaitInSessionLock = createRule({
  name: "no-slow-await-in-session-lock",
  description: "disallow to await slow calls while a session write lock is held",
  recommended: false,
  messages: {
    slow: "`{{call}}()` is awaited while the session write lock acquired at {{acquired}} is held, so every other writer waits for it. Await it before the acquire or after the release.",
    slowInside:
      "`{{call}}()` waits for `{{inner}}` ({{at}}) and is awaited while the session write lock acquired at {{acquired}} is held, so every other writer waits for it. Await it before the acquire or after the release.",
  },
});
