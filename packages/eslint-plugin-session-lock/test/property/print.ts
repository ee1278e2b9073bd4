import type { Body, Statement } from "./program.ts";

/** A generated program as text, and on which line each of its statements stands. */
export interface Printed {
  readonly text: string;
  readonly lineOf: ReadonlyMap<Statement, number>;
}

interface Around {
  readonly isInLoop: boolean;
  readonly isInBreakable: boolean;
  /** The label that `leave` jumps to. */
  readonly label: string | undefined;
}

const outside: Around = { isInLoop: false, isInBreakable: false, label: undefined };

/** Writes a program as an async function over the real API. Jumps without a target become calls. */
export function print(body: Body): Printed {
  const lines = [
    'import { SessionManager } from "@session-lock/transcript";',
    'import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";',
    "export async function program(file, call, items) {",
    "let a, b;",
  ];
  const lineOf = new Map<Statement, number>();
  let labels = 0;
  let usings = 0;
  printBody(body, outside);
  // Never runs, but makes both variables ones that can hold a lock: the analysis follows no others.
  lines.push("if (false) a = b = await acquireSessionWriteLock({ sessionFile: file });", "}");
  return { text: lines.join("\n"), lineOf };

  function printBody(statements: Body, around: Around): void {
    for (const statement of statements) {
      lineOf.set(statement, lines.length + 1);
      printStatement(statement, around);
    }
  }

  function block(head: string, statements: Body, around: Around, tail = "}"): void {
    lines.push(head);
    printBody(statements, around);
    lines.push(tail);
  }

  function printStatement(statement: Statement, around: Around): void {
    const loop: Around = { ...around, isInLoop: true, isInBreakable: true };
    switch (statement.kind) {
      case "write":
        lines.push("SessionManager.open(file).appendMessage({});");
        break;
      case "call":
        lines.push("call();");
        break;
      case "throw":
        lines.push("throw 1;");
        break;
      case "return":
        lines.push("return;");
        break;
      case "break":
        lines.push(around.isInBreakable ? "break;" : "call();");
        break;
      case "continue":
        lines.push(around.isInLoop ? "continue;" : "call();");
        break;
      case "leave":
        lines.push(around.label === undefined ? "call();" : `break ${around.label};`);
        break;
      case "acquire":
        lines.push(`${statement.slot} ??= await acquireSessionWriteLock({ sessionFile: file });`);
        break;
      case "release":
        lines.push(`await ${statement.slot}?.release();`);
        break;
      case "clear":
        lines.push(
          `if (${statement.slot}) { await ${statement.slot}.release(); ${statement.slot} = undefined; }`,
        );
        break;
      case "if":
        block(`if (${statement.slot ?? "call()"}) {`, statement.then, around, "} else {");
        printBody(statement.else, around);
        lines.push("}");
        break;
      case "while":
        block("while (call()) {", statement.body, loop);
        break;
      case "do":
        block("do {", statement.body, loop, "} while (call());");
        break;
      case "each":
        block("for (const item of items) {", statement.body, loop);
        break;
      case "try":
        block("try {", statement.body, around, "}");
        if (statement.handler !== undefined) block("catch {", statement.handler, around, "}");
        if (statement.finalizer !== undefined) block("finally {", statement.finalizer, around, "}");
        break;
      case "switch":
        lines.push("switch (call()) {");
        statement.cases.forEach((one, index) => {
          const isDefault = statement.hasDefault && index === statement.cases.length - 1;
          block(isDefault ? "default: {" : `case ${index}: {`, one, { ...around, isInBreakable: true });
        });
        lines.push("}");
        break;
      case "label": {
        const label = `l${labels++}`;
        block(`${label}: {`, statement.body, { ...around, label });
        break;
      }
      case "using":
        lines.push("{");
        lines.push(`await using u${usings++} = await acquireSessionWriteLock({ sessionFile: file });`);
        printBody(statement.body, around);
        lines.push("}");
        break;
      case "scope":
        block("await withSessionWriteLock(file, async () => {", statement.body, outside, "});");
        break;
      case "inner":
        block("await (async () => {", statement.body, outside, "})();");
        break;
    }
  }
}
