import type { Finding } from "../analysis/observations.ts";
import { enclosingFunction, nodeKey } from "../analysis/syntax.ts";
import { createRule } from "./create-rule.ts";
import { suggestAnnotation } from "./suggest-annotation.ts";
import { suggestScope } from "./suggest-scope.ts";

/** Reports a write of a session file that is not provably inside the file's session write lock. */
export const requireSessionLock = createRule({
  name: "require-session-lock",
  description: "require every write of a session file to be inside its session write lock",
  recommended: true,
  messages: {
    unlocked:
      "`{{method}}()` writes {{file}} without its session write lock (opened at {{opened}}). Open and write it inside `withSessionWriteLock()`.{{also}}",
    notOnEveryPath:
      "`{{method}}()` writes {{file}}, but the lock acquired at {{acquired}} is not held {{when}}. Acquire it on every way that leads here.{{also}}",
    released:
      "`{{method}}()` writes {{file}} after its session write lock was released at {{released}}. Write before the release.{{also}}",
    wrongFile:
      "`{{method}}()` writes {{file}}, but the lock that is held is for {{held}}. Acquire the lock of the file that is written.{{also}}",
    callback:
      "`{{method}}()` writes {{file}} in a callback that may run after the lock is released (passed to `{{to}}`). Acquire the lock inside the callback.{{also}}",
    notAwaited:
      "`{{method}}()` writes {{file}}, but the acquire at {{acquired}} was not awaited, so nothing is held yet. Await it first.{{also}}",
    callerMustLock:
      "`{{method}}()` writes a session manager that {{function}} {{got}}, and nothing says that its callers hold the lock. Acquire the lock here, or mark the function `@requires-session-lock`.{{also}}",
    calleeNeedsLock:
      "`{{callee}}()` writes {{file}} (`{{method}}()` at {{write}}) and is called here without the session write lock. Call it inside `withSessionWriteLock()`.{{also}}",
    annotatedCallee:
      "`{{callee}}()` requires its caller to hold the session write lock, and it is not held here on every way. Call it inside `withSessionWriteLock()`.{{also}}",
    annotatedWrongFile:
      "`{{callee}}()` requires its caller to hold the session write lock of the file it is given, but the lock that is held (acquired at {{acquired}}) is another file's. Acquire the lock of that file.{{also}}",
    wrap: "Wrap it in `withSessionWriteLock({{file}}, …)`.",
    acquire: "Acquire the lock of `{{file}}` before it, and release it in `finally`.",
    annotate: "Mark the function `@requires-session-lock`.",
  },
  suggest: (finding, context) => [...suggestScope(finding, context), ...suggestAnnotation(finding, context)],
  select: onePerManager,
});

/** The first write of each manager in each function, with the lines of the others. */
function onePerManager(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const site = finding.related === undefined ? "" : nodeKey(finding.related);
    const key = `${site} ${nodeKey(enclosingFunction(finding.node))}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const lines = others.map(({ node }) => node.loc.start.line).join(", ");
    return [
      { ...first, data: { ...first.data, also: lines === "" ? "" : ` The same holds for line ${lines}.` } },
    ];
  });
}
