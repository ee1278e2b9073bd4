import { createRule } from "./create-rule.ts";
import { suggestLockedVariant } from "./suggest-locked-variant.ts";

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
    reentrant:
      "`allowReentrant: true` lets whatever runs in this process into the lock, and nothing here holds it yet, so it excludes nobody in the process. Leave it out, or pass it only to an acquire inside the lock.",
    order:
      "The lock of this file is acquired while another file's is held (acquired at {{outer}}); at {{other}} the two are taken in the opposite order, so two callers can wait for each other. Take them in one order everywhere.",
    callLocked: "Call `{{variant}}()`, which expects the lock to be held.",
  },
  suggest: suggestLockedVariant,
});
