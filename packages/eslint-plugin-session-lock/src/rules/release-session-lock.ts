import type { Finding } from "../analysis/observations.ts";
import { createRule } from "./create-rule.ts";
import { isInChargeAtOnce } from "./finally-in-charge.ts";
import type { SourceCode } from "./statements.ts";
import { suggestRelease } from "./suggest-release.ts";

/** Reports a session write lock that some way through the function does not release. */
export const releaseSessionLock = createRule({
  name: "release-session-lock",
  description: "require every session write lock to be released on every way out, once",
  recommended: true,
  messages: {
    leaks:
      "The session write lock acquired here is not released on every way out of the function. Release it in `finally`, or use `await using` or `withSessionWriteLock()`.",
    leaksOnThrow:
      "The session write lock acquired here stays held when something throws before its `finally` is in charge. Put the `try` right after the acquire, or use `await using` or `withSessionWriteLock()`.",
    leaksInFinally:
      "The session write lock acquired here stays held when something in `finally` throws before the release. Release it first there, put the rest into an inner `try` whose `finally` releases, or use `await using` or `withSessionWriteLock()`.",
    handedOver:
      "The session write lock acquired here is passed to `{{callee}}()` and not released in this function. Release it here; if that function releases it, mark it `@releases-session-lock`, or name it in the setting `releasers`.",
    keepsGiven:
      "This function says `@releases-session-lock`, but does not release `{{lock}}` on every way out. Release it in `finally`.",
    notAwaited:
      "The result of this acquire is thrown away, so its lock can never be released. Await it and keep the handle.",
    releasedTwice: "This lock was released already at {{released}}. Release it once.",
    empty:
      "This lock is released right after it was acquired, so it covers nothing. Put the work between the two, or drop them.",
    moveToTry: "Acquire the lock right before the `try`.",
    using: "Let `await using` release the lock.",
  },
  suggest: suggestRelease,
  select: onePerAcquire,
});

/** Of several messages about one acquire, the one with the nearest remedy. */
const ranks = ["notAwaited", "releasedTwice", "handedOver", "keepsGiven", "leaks", "leaksOnThrow"];

function onePerAcquire(findings: readonly Finding[], _: unknown, sourceCode: SourceCode): readonly Finding[] {
  const rankOf = ({ message }: Finding): number => ranks.indexOf(message);
  return findings
    .filter((finding) =>
      findings.every((other) => other.node !== finding.node || rankOf(other) >= rankOf(finding)),
    )
    .map((finding) =>
      finding.message === "leaksOnThrow" && isInChargeAtOnce(sourceCode, finding.node)
        ? { ...finding, message: "leaksInFinally" }
        : finding,
    );
}
