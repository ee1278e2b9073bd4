import { expect, test } from "vitest";
import { lintMessages } from "../lint.ts";
import { invalid } from "./invalid.ts";
import { needsAnnotation } from "./needs-annotation.ts";

const imports = `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
`;
const programs = [...invalid, ...needsAnnotation].map(({ title, body }) => [title, body] as const);

test.each(programs)("what is offered for %s leaves a program, also where it is one line", (_, body) => {
  for (const code of [imports + body, imports + body.replaceAll(/\s*\n\s*/g, " ")]) {
    const messages = lintMessages(code, { typescript: true, config: "strict" });
    const offered = messages.flatMap(({ fix, suggestions = [] }) => [
      ...(fix === undefined ? [] : [fix]),
      ...suggestions.map((suggestion) => suggestion.fix),
    ]);

    expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
    for (const { range, text } of offered) {
      const changed = code.slice(0, range[0]) + text + code.slice(range[1]);
      expect(lintMessages(changed, { typescript: true }).filter(({ fatal }) => fatal === true)).toEqual([]);
    }
  }
});
