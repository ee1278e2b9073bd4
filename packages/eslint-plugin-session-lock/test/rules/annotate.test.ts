import { requireSessionLock } from "../../src/rules/require-session-lock.ts";
import { typescript } from "../rule-tester.ts";

const head = `import type { SessionManager } from "@session-lock/transcript";\n`;

typescript.run("require-session-lock, on a manager that was handed in", requireSessionLock, {
  valid: [],
  invalid: [
    {
      name: "suggests the annotation",
      code: `${head}export function append(sessionManager: SessionManager) {
  sessionManager.appendMessage("x");
}`,
      errors: [
        {
          messageId: "callerMustLock",
          suggestions: [
            {
              messageId: "annotate",
              output: `${head}/** @requires-session-lock */
export function append(sessionManager: SessionManager) {
  sessionManager.appendMessage("x");
}`,
            },
          ],
        },
      ],
    },
    {
      name: "adds the annotation to the comment that is there",
      code: `${head}export class Store {
  /** Appends. */
  append(sessionManager: SessionManager) {
    sessionManager.appendMessage("x");
  }
}`,
      errors: [
        {
          messageId: "callerMustLock",
          suggestions: [
            {
              messageId: "annotate",
              output: `${head}export class Store {
  /**
   * Appends.
   * @requires-session-lock
   */
  append(sessionManager: SessionManager) {
    sessionManager.appendMessage("x");
  }
}`,
            },
          ],
        },
      ],
    },
  ],
});
