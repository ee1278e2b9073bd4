import { createRule } from "./create-rule.ts";
import { awaitReturned, suggestAwait } from "./return-await.ts";

/** Reports work that goes on after the lock it relies on is released. */
export const noEscapingSessionLock = createRule({
  name: "no-escaping-session-lock",
  description: "disallow work that outlives the session write lock it relies on",
  recommended: true,
  messages: {
    outlives:
      "`{{call}}` may go on after the lock acquired at {{acquired}} is released, because nothing awaits it. Await it inside the lock.",
    floating: "Nothing awaits this lock scope, so the code after it runs without the lock. Await it.",
    addAwait: "Await it.",
  },
  fix: awaitReturned,
  suggest: suggestAwait,
});
