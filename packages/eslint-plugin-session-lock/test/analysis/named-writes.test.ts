import { expect, test } from "vitest";
import { lint } from "../lint.ts";

const imports = `import * as fs from "node:fs";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
`;

/** Makes the file one that has to do with managers, in which every write is run whatever it is called. */
const use = `
import { SessionManager } from "@session-lock/transcript";
export const open = (file) => SessionManager.open(file);`;

test.each([
  ["a name in the call", `export const f = (sessionFile) => fs.appendFileSync(sessionFile, "");`],
  ["the ending of a text", `export const f = (folder) => appendFileSync(join(folder, "a.jsonl"), "");`],
  [
    "a variable",
    `export function f(folder) { const name = \`\${folder}/a.jsonl\`; fs.appendFileSync(name, ""); }`,
  ],
  [
    "a variable that is assigned later",
    `export function f(a, b) { let name; name = b.sessionFile; fs.appendFileSync(name, ""); }`,
  ],
  [
    "a pattern",
    `export function f(options) { const { sessionFile: name } = options; fs.appendFileSync(name, ""); }`,
  ],
  ["a default in a pattern", `export function f({ name = "a.jsonl" }) { fs.appendFileSync(name, ""); }`],
  [
    "a property of an object",
    `export function f() { const names = { log: "a.jsonl" }; fs.appendFileSync(names.log, ""); }`,
  ],
  ["a field of a class", `export class A { log = "a.jsonl"; f() { fs.appendFileSync(this.log, ""); } }`],
  ["a private field", `export class A { #log = "a.jsonl"; f() { fs.appendFileSync(this.#log, ""); } }`],
  [
    "a constructor's assignment",
    `export class A { constructor(o) { this.log = o.sessionFile; } f() { fs.appendFileSync(this.log, ""); } }`,
  ],
  [
    "a parameter of a function",
    `function write(name) { fs.appendFileSync(name, ""); }\nexport const f = () => write("a.jsonl");`,
  ],
  [
    "a parameter of an arrow",
    `const write = (name) => fs.appendFileSync(name, "");\nexport const f = (o) => write(o.sessionFile);`,
  ],
  [
    "a parameter of a method",
    `export class A { #write(name) { fs.appendFileSync(name, ""); } f() { this.#write("a.jsonl"); } }`,
  ],
  [
    "a parameter of a function in an object",
    `const io = { write(name) { fs.appendFileSync(name, ""); } };\nexport const f = () => io.write("a.jsonl");`,
  ],
  ["a function that is called where it stands", `((name) => fs.appendFileSync(name, ""))("a.jsonl");`],
  [
    "a function that is passed on",
    `const write = (name) => fs.appendFileSync(name, "");\nconst run = (code) => code("a.jsonl");\nexport const f = () => run(write);`,
  ],
  [
    "a function under another name",
    `const write = (name) => fs.appendFileSync(name, "");\nconst other = write;\nexport const f = () => other("a.jsonl");`,
  ],
  [
    "a function that is bound",
    `const write = (name) => fs.appendFileSync(name, "");\nexport const f = () => write.call(undefined, "a.jsonl");`,
  ],
  [
    "what a function gives",
    `const nameOf = (folder) => join(folder, "a.jsonl");\nexport const f = (folder) => { const name = nameOf(folder); fs.appendFileSync(name, ""); };`,
  ],
  [
    "what a method gives",
    `export class A { name() { return "a.jsonl"; } f() { fs.appendFileSync(this.name(), ""); } }`,
  ],
  [
    "another name of the function",
    `const write = fs.appendFileSync;\nexport const f = (sessionFile) => write(sessionFile, "");`,
  ],
  [
    "a function that is bound",
    `const write = fs.appendFileSync.bind(fs);\nexport const f = (sessionFile) => write(sessionFile, "");`,
  ],
  [
    "a function that is called by `call`",
    `export const f = (sessionFile) => fs.appendFileSync.call(fs, sessionFile, "");`,
  ],
  [
    "a function that is called by `apply`",
    `export const f = (sessionFile) => fs.appendFileSync.apply(fs, [sessionFile, ""]);`,
  ],
  ["what a choice gives", `export const f = (a) => fs.appendFileSync(a ? "a.txt" : "a.jsonl", "");`],
  ["the items of a list", `for (const name of ["a.jsonl"]) fs.appendFileSync(name, "");`],
  ["an item of a list", `const [name] = ["a.jsonl"]; fs.appendFileSync(name, "");`],
  ["what a callback is given", `["a.jsonl"].forEach((name) => fs.appendFileSync(name, ""));`],
  ["what a promise gives", `Promise.resolve("a.jsonl").then((name) => fs.appendFileSync(name, ""));`],
  ["a renamed import", `import { appendFileSync as write } from "node:fs";\nwrite("a.jsonl", "");`],
  ["a write under another name", `const { appendFileSync: write } = fs;\nwrite("a.jsonl", "");`],
  [
    "a write with spread arguments",
    `export const f = (sessionFile) => fs.appendFileSync(...[sessionFile, ""]);`,
  ],
  ["the second argument of a rename", `export const f = (o) => fs.renameSync("a.tmp", o.sessionFile);`],
  [
    "a text that names no session file",
    `export const f = () => { const name = "a.txt"; fs.appendFileSync(name, "a.jsonl"); };`,
  ],
  [
    "a template that ends with another text",
    `export const f = (sessionFile) => fs.appendFileSync(\`\${sessionFile}.html\`, "");`,
  ],
  [
    "a template that ends with a variable",
    `export const f = (folder, sessionFile) => fs.appendFileSync(\`\${folder}/\${sessionFile}\`, "");`,
  ],
  [
    "a template that ends with what a call gives",
    `export const f = (o) => fs.appendFileSync(\`\${o.folder}/\${join("a", o.sessionFile)}\`, "");`,
  ],
  [
    "a call whose last argument is another",
    `export const f = (sessionFile) => fs.appendFileSync(join(sessionFile, "a.html"), "");`,
  ],
  ["a call of a choice", `export const f = (a) => fs.appendFileSync(join(a ?? "a.jsonl"), "");`],
  [
    "a call of a variable with the ending",
    `export function f() { const name = "a.jsonl"; fs.appendFileSync(join(name), ""); }`,
  ],
  [
    "an awaited call",
    `export async function f(o) { const name = await fs.promises.realpath(o.sessionFile); fs.appendFileSync(name, ""); }`,
  ],
  [
    "a function of an object that is called with its receiver",
    `const io = { name() { return "a.jsonl"; } };\nexport const f = () => fs.appendFileSync(io.name.call(io), "");`,
  ],
  ["what is in a list", `export const f = (i) => fs.appendFileSync(["a.jsonl"][i], "");`],
  [
    "a property of what a function gives",
    `const names = () => ({ log: "a.jsonl" });\nexport const f = () => fs.appendFileSync(names().log, "");`,
  ],
  ["a property of a session", `export const f = (sessionFile) => fs.appendFileSync(sessionFile.log, "");`],
  [
    "a frozen object",
    `const names = Object.freeze({ log: "a.jsonl" });\nexport const f = () => fs.appendFileSync(names.log, "");`,
  ],
  [
    "the first argument of a rename",
    `export const f = (sessionFile) => fs.renameSync(sessionFile, "a.txt");`,
  ],
])("a write that gets its file from %s is judged like one in a file that knows managers", (_, code) => {
  const alone = lint(imports + code, { config: "strict" });

  expect(alone).toEqual(lint(imports + code + use, { config: "strict" }));
});

test.each([
  [
    "a property of an object",
    `export function f() { const names = { log: "a.jsonl" };\nfs.appendFileSync(names.log, ""); }`,
  ],
  ["a field of a class", `export class A {\nlog = "a.jsonl"; f() { fs.appendFileSync(this.log, ""); } }`],
  ["a callback's parameter", `["a.jsonl"].forEach((name) =>\nfs.appendFileSync(name, ""));`],
  ["a pattern", `export function f(o) { const { sessionFile: name } = o;\nfs.appendFileSync(name, ""); }`],
  ["a renamed import", `import { appendFileSync as write } from "node:fs";\nwrite("a.jsonl", "");`],
  ["the end of a path", `export const f = (folder) =>\nappendFileSync(join(folder, "a.jsonl"), "");`],
  [
    "a template's last expression",
    `export const f = (folder, sessionFile) =>\nappendFileSync(\`\${folder}/\${sessionFile}\`, "");`,
  ],
  ["a list", `export const f = (i) =>\nappendFileSync(["a.jsonl"][i], "");`],
])(
  "a write that gets the name of a session file from %s is found where nothing speaks of managers",
  (_, code) => {
    expect(lint(imports + code)).toEqual(["no-raw-transcript-write/rawUnlocked 5"]);
  },
);

test.each([
  [
    "a function",
    `function write(name) {\nfs.appendFileSync(name, ""); }\nexport const f = () => write("a.jsonl");`,
  ],
  [
    "an exported function",
    `export function write(name) {\nfs.appendFileSync(name, ""); }\nexport const f = (sessionFile) => write(sessionFile);`,
  ],
  [
    "an arrow",
    `const write = (name) =>\nfs.appendFileSync(name, "");\nexport const f = (o) => write(o.sessionFile);`,
  ],
  [
    "a function by way of another",
    `const write = (name) =>\nfs.appendFileSync(name, "");\nfunction pass(name) { write(name); }\nexport const f = (sessionFile) => pass(sessionFile);`,
  ],
  [
    "a function that writes other files too",
    `const write = (name) =>\nfs.appendFileSync(name, "");\nexport const g = () => write("a.log");\nexport const f = () => write("a.jsonl");\nexport const h = () => write("b.log");`,
  ],
  [
    "a method",
    `export class A { #write(name) {\nfs.appendFileSync(name, ""); } f() { this.#write("a.jsonl"); } }`,
  ],
  [
    "a function of an object",
    `const io = { write(name) {\nfs.appendFileSync(name, ""); } };\nexport const f = () => io.write("a.jsonl");`,
  ],
  [
    "a function from the module's own code",
    `const write = (name) =>\nfs.appendFileSync(name, "");\nwrite("a.jsonl");`,
  ],
  [
    "a function in a property",
    `function write({ name }) {\nfs.appendFileSync(name, ""); }\nexport const f = (sessionFile) => write({ name: sessionFile });`,
  ],
])("a session file that is handed to %s is found where it is written", (_, code) => {
  expect(lint(imports + code)).toEqual(["no-raw-transcript-write/rawUnlocked 5"]);
  expect(lint(imports + code + use)).toEqual(["no-raw-transcript-write/rawUnlocked 5"]);
});

test.each([
  ["a sum", `export const f = (id) => fs.appendFileSync("logs/" + id + ".jsonl", "");`],
  ["a sum in a path", `export const f = (id) => fs.appendFileSync(join("logs", id + ".jsonl"), "");`],
  ["a template in a path", `export const f = (id) => fs.appendFileSync(join("logs", \`\${id}.jsonl\`), "");`],
  ["a constant ending", `const end = ".jsonl"; export const f = (id) => fs.appendFileSync(id + end, "");`],
  [
    "a constant in a path",
    `export function f(id) { const name = id + ".jsonl"; const file = join("a", name); fs.appendFileSync(file, ""); }`,
  ],
  [
    "a path in a path",
    `export const f = (id) => fs.appendFileSync(fs.realpathSync(join("a", id + ".jsonl")), "");`,
  ],
  [
    "a function of the file",
    `const pathOf = (id) => "a/" + id + ".jsonl"; export const f = (id) => fs.appendFileSync(pathOf(id), "");`,
  ],
  [
    "a constructor's sum",
    `export class A { constructor(d) { this.p = d + "/x.jsonl"; } add(t) { fs.appendFileSync(this.p, t); } }`,
  ],
  [
    "the name of a sum",
    `export const f = (d) => { const sessionFile = d + "/a"; fs.appendFileSync(sessionFile, ""); };`,
  ],
  [
    "the name of a path",
    `export const f = (d) => { const sessionFile = join(d, "a"); fs.appendFileSync(sessionFile, ""); };`,
  ],
  [
    "the name of a sum in a path",
    `export const f = (d) => { const sessionFile = d + "/a"; fs.appendFileSync(join(sessionFile), ""); };`,
  ],
  [
    "the name of a path that is handed on",
    `const write = (p) => fs.appendFileSync(p, ""); export const f = (d) => { const sessionFile = join(d, "a"); write(sessionFile); };`,
  ],
  [
    "the name of a variable that is set later",
    `export const f = (o) => { let sessionFile = o.a; if (!sessionFile) sessionFile = "b"; fs.appendFileSync(sessionFile, ""); };`,
  ],
  [
    "the name of what may be missing",
    `export const f = (o) => fs.appendFileSync(o.sessionFile ?? o.file, "");`,
  ],
  [
    "constants that name each other",
    `const a = "x" + b; const b = "y" + a; fs.appendFileSync(join(a), ""); fs.appendFileSync(a + ".jsonl", "");`,
  ],
])("a session file that is named by %s is found", (_, code) => {
  expect(lint(imports + code)).toEqual(["no-raw-transcript-write/rawUnlocked 4"]);
});

test.each([
  ["a difference", `export const f = (a, b) => fs.appendFileSync(join(a - b), "");`],
  ["a sum of numbers", `export const f = (a, b) => fs.appendFileSync(a + b, "");`],
  [
    "a function that changes the ending",
    `const html = (file) => file.replace(".jsonl", "") + ".html"; export const f = (sessionFile) => fs.appendFileSync(html(sessionFile), "");`,
  ],
  ["another ending", `export const f = (sessionFile) => fs.appendFileSync(sessionFile + ".html", "");`],
])("a file that is named by %s is no session file", (_, code) => {
  expect(lint(imports + code + use)).toEqual([]);
});

test("a long text ends as it is written", () => {
  const code = `${imports}export const f = (id) => fs.appendFileSync(id + "/${"a".repeat(300)}.jsonl", "");`;

  expect(lint(code)).toEqual(["no-raw-transcript-write/rawUnlocked 4"]);
});

test("a text that grows in a loop comes to an end", () => {
  const code = `export function f(n) { let s = ""; while (n--) { s = "a" + s + \`\${s}b\`; this.q = this.q + "x" + s; } return s; }`;

  expect(lint(imports + code + use)).toEqual([]);
});

test.each([
  ["an import", `import { appendFileSync as write } from "node:fs";`],
  ["a pattern", `const { appendFileSync: write } = fs;`],
  ["a constant", `const write = fs.appendFileSync;`],
])("a write under the name that %s gives it is found in a function", (_, code) => {
  expect(lint(`${imports}${code}\nexport const f = (sessionFile) => write(sessionFile, "");`)).toEqual([
    "no-raw-transcript-write/rawUnlocked 5",
  ]);
});

test("a function that writes a session file may be called under the lock", () => {
  const code = `${imports}import { withSessionWriteLock } from "session-lock";
const write = (name) => fs.appendFileSync(name, "");
export const f = (sessionFile) => withSessionWriteLock(sessionFile, () => write(sessionFile));
export const g = (sessionFile) => write(sessionFile + ".html");`;

  expect(lint(code)).toEqual([]);
});

test("a write of another file is none, whatever it writes", () => {
  const code = `${imports}export const f = (sessionFile) => fs.appendFileSync("trace.log", sessionFile);`;

  expect(lint(code)).toEqual([]);
});
