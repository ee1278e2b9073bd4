import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const names = Array.from({ length: 12 }, (_, index) => `option${index}`);

/** A constructor whose options each double the ways through it. */
const options = names
  .map((name) => `if (options.${name}) this.${name} = true; else this.${name} = false;`)
  .join("\n    ");

test("a flag that says whether the lock is held is kept among many that say nothing of it", () => {
  const code = (condition: string): string => `export class Writer {
  constructor(options) {
    ${options}
  }
  async write(file, m, careful) {
    let isHeld = false; let lock; if (careful) { lock = await acquireSessionWriteLock({ sessionFile: file }); isHeld = true; }
    ${names.map((name) => `if (m.${name}) this.${name} = true; else this.${name} = false;`).join("\n    ")}
    try { if (${condition}) SessionManager.open(file).appendMessage(m); } finally { if (isHeld) await lock.release(); }
  }
}`;
  const findings = (condition: string): readonly string[] =>
    analyzeText(code(condition)).map((finding) => finding.split(" ", 1)[0] ?? "");

  expect(findings("isHeld")).not.toContain("notOnEveryPath");
  expect(findings("true")).toContain("notOnEveryPath");
});

test("a callback that several ways lead to is run with what they agree in", () => {
  const code = `export class Writer {
  start(options, file, m) {
    ${options}
    this.file = file;
    timers.add(() => { if (this.option3) SessionManager.open(this.file).appendMessage(m); });
    timers.add(() => { if (!this.option3) SessionManager.open(this.file).appendMessage(m); });
  }
}`;

  expect(analyzeText(code)).toEqual(["unlocked 16", "unlocked 17"]);
});

test("ways that differ only in what no code uses any more do not make a flag forgotten that is still used", () => {
  const unused = names.map((name) => `let ${name} = false; if (m.${name}) ${name} = true; log(${name});`);
  const code = (last: string): string => `export async function write(file, m) {
  let isHeld = false; if (m.careful) isHeld = true;
  ${unused.join("\n  ")}
  let lock; if (isHeld) lock = await acquireSessionWriteLock({ sessionFile: file });
  try { if (isHeld) SessionManager.open(file).appendMessage(m); } finally { if (isHeld) await lock.release(); }
  ${last}
}`;

  expect(analyzeText(code(""))).toEqual([]);
  expect(analyzeText(code("SessionManager.open(file).appendMessage(m);"))).toEqual(["released 17"]);
});
