import { expect, test } from "vitest";
import { lint } from "../lint.ts";

test.each([
  ["a field of a class", `class Store { id = SessionManager.open("a").appendMessage("m"); }\nnew Store();`],
  ["a default of a parameter", `export const f = (id = SessionManager.open("a").appendMessage("m")) => id;`],
  ["a condition", `if (SessionManager.open("a").appendMessage("m")) stop();`],
  ["a module's last expression", `export default SessionManager.open("a").appendMessage("m");`],
  ["a static block", `export class Store { static { SessionManager.open("a").appendMessage("m"); } }`],
])("a write in %s is reported, and nothing is offered where no statement can be wrapped", (_, code) => {
  const imports = `import { SessionManager } from "@session-lock/transcript";\n`;

  expect(lint(imports + code)).toEqual(["require-session-lock/unlocked 2"]);
});
