import { createRule } from "./create-rule.ts";

/** Reports a write of a session file with the file system's own functions. */
export const noRawTranscriptWrite = createRule({
  name: "no-raw-transcript-write",
  description: "disallow to write a session file past its session manager",
  recommended: true,
  messages: {
    rawUnlocked:
      "`{{call}}()` writes the session file `{{file}}` without its session write lock. Append to it through a transcript or a session manager, under the lock.",
  },
});
