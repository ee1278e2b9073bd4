import { createRule } from "./create-rule.ts";

/** Reports an acquire of a file whose lock the same code holds already: it waits for itself. */
export const noNestedSessionLock = createRule({
  name: "no-nested-session-lock",
  description: "disallow to acquire the session write lock of a file that the code holds already",
  recommended: true,
  messages: {
    nested:
      "The session write lock of this file is held already (acquired at {{outer}}), so this acquire waits for itself. Pass `within`, use `lock.run()`, or do the work under the lock that is held.",
    processReentrant:
      '`allowReentrant: "process"` lets every task of the process in at once, so the lock excludes nobody in it. Leave it out: a nested acquire in the same async scope re-enters by default.',
  },
});
