import { createRule } from "./create-rule.ts";

/** Reports a write of a session file with the file system's own functions. */
export const noRawTranscriptWrite = createRule({
  name: "no-raw-transcript-write",
  description: "disallow to write a session file past its session manager",
  recommended: true,
  messages: {
    rawUnlocked:
      "`{{call}}()` writes the session file `{{file}}` without its session write lock. Append to it through a transcript or a session manager, under the lock.",
    rawWrite:
      "`{{call}}()` writes the session file `{{file}}` past its session manager: format, tree and durability are then this code's to keep. Append to it through a transcript or a session manager.",
  },
  switches: {
    allowLocked: { description: "Accept such a write while the file's lock is held.", default: true },
  },
  select: (findings, { allowLocked = true }) =>
    allowLocked ? findings.filter(({ message }) => message !== "rawWrite") : findings,
});
