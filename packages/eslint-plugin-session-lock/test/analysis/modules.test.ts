import { expect, test } from "vitest";
import { lint } from "../lint.ts";

const from = "@session-lock/transcript";
const write = "SessionManager.open(sf).appendMessage(m);";
const dynamic = (load: string): string =>
  `export const f = async (sf, m) => { const { SessionManager } = await ${load}; ${write} };`;
const use = (name: string): string => `export const f = (sf, m) => { ${name}.${write} };`;

test.each([
  `import { "SessionManager" as S } from "${from}"; export const f = (sf, m) => S.open(sf).appendMessage(m);`,
  dynamic(`import(\`${from}\`)`),
  `const path = "${from}"; ${dynamic("import(path)")}`,
  `const load = () => import("${from}"); ${dynamic("load()")}`,
  `function load() { return import("${from}"); } ${dynamic("load()")}`,
  `const t = __importStar(require("${from}")); ${use("t")}`,
  `var __importStar = this && this.__importStar || (function () { return (mod) => ({ ...mod }); })();
const t = __importStar(require("${from}")); ${use("t")}`,
  `const t = __importDefault(require("${from}")); ${use("t.default")}`,
  `var __toESM = (mod, target) => (target = {}, __copyProps(target, mod));
var t = __toESM(require("${from}")); ${use("t")}`,
  `var t = (0, tslib.__importStar)(require(\`${from}\`)); (0, t.SessionManager.open)("a").appendMessage("m");`,
  `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
const { SessionManager } = require("${from}"); export const f = (sf, m) => { ${write} };`,
  `import module from "module"; const req = module.createRequire(import.meta.url);
const { SessionManager } = req("${from}"); export const f = (sf, m) => { ${write} };`,
  `import { SessionManager } from "${from}"; const key = "appendMessage";
export const f = (s, m) => { const t = SessionManager.open(s); t[key](m); };`,
  `import { SessionManager } from "${from}"; const key = "appendMessage";
export const f = (s, m) => { const { [key]: write } = SessionManager.open(s); write(m); };`,
  `import { SessionManager as S } from "${from}"; const { prototype } = S;
export const f = (sf, m) => { const s = S.open(sf); S.prototype.appendMessage.call(s, m); };`,
  `import { SessionManager as S } from "${from}";
export const f = (sf, m) => { const s = S.open(sf); S.prototype.appendMessage.apply(s, [m]); };`,
])("the manager is known: %s", (code) => {
  expect(lint(code).map((report) => report.split(" ")[0])).toEqual(["require-session-lock/unlocked"]);
});

test("the manager of import name = require() is known", () => {
  expect(lint(`import t = require("${from}");\n${use("t")}`, { typescript: true })).toEqual([
    "require-session-lock/unlocked 2",
  ]);
});

test.each([
  `import { createRequire } from "./module.js"; const req = createRequire(); const t = req("${from}"); ${use("t")}`,
  `const t = wrap(require("${from}")); ${use("t")}`,
  dynamic(`import("${from}/other")`),
])("a manager of something else is not meant: %s", (code) => {
  expect(lint(code)).toEqual([]);
});

test.each([
  "withSessionWriteLock.call(undefined, sf, () => SessionManager.open(sf).appendMessage(m))",
  "withSessionWriteLock.apply(undefined, [sf, () => SessionManager.open(sf).appendMessage(m)])",
  "scoped(sf, () => SessionManager.open(sf).appendMessage(m))",
])("a function of the library is known however it is called: %s", (call) => {
  const code = `import { SessionManager } from "${from}"; import { withSessionWriteLock } from "session-lock";
const scoped = withSessionWriteLock.bind(undefined);
export const f = (sf, m) => ${call};`;

  expect(lint(code)).toEqual([]);
});
