import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Linter } from "eslint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plugin } from "../../src/plugin.ts";
import { validLockAnnotations } from "../../src/rules/valid-lock-annotations.ts";
import type { SessionLockSettings } from "../../src/settings.ts";
import { lintMessages } from "../lint.ts";
import { javascript, typescript } from "../rule-tester.ts";

const head = `import { SessionManager } from "@session-lock/transcript";\n`;
const write = `SessionManager.open(sessionFile).appendMessage("x");`;

javascript.run("valid-lock-annotations", validLockAnnotations, {
  valid: [
    {
      name: "each tag before a function",
      code: `${head}
/** @requires-session-lock sessionFile */
export function one(sessionFile) { ${write} }
/** @requires-session-lock - whoever calls it holds it */
export const two = (sessionFile) => { ${write} };
/** @acquires-session-lock sessionFile */
export async function three(sessionFile) { return registry.lock(sessionFile); }
/** @releases-session-lock */
export async function four(lock) { await lock.release(); }
/** @asserts-session-lock sessionFile */
export function five(sessionFile) { check(sessionFile); }
/** @session-lock-wrapper callback=0 resource=1 */
export async function six(work, file) { await queue(work, file); }
/** @session-lock-wrapper callback=work resource=params.file */
export async function seven(params, work) { await queue(work, params.file); }
/** @no-session-lock-analysis runs alone, before the server starts */
export function eight(sessionFile) { ${write} }
export class Store {
  /** @owns-session-file this.sessionFile */
  nine(message) { SessionManager.open(this.sessionFile).appendMessage(message); }
}`,
    },
    {
      name: "a package that is named in prose",
      code: `/** Uses @session-lock/transcript. */ export const x = 1;`,
    },
    {
      name: "a demand whose body calls code that may need it",
      code: `${head}/** @requires-session-lock */\nexport function append(sessionFile) { elsewhere(sessionFile); }`,
    },
  ],
  invalid: [
    {
      name: "a misspelt tag",
      code: `${head}/** @require-session-lock */\nexport function append(sessionFile) { ${write} }`,
      output: `${head}/** @requires-session-lock */\nexport function append(sessionFile) { ${write} }`,
      errors: [{ messageId: "unknownTag", line: 2, column: 6, endColumn: 26 }],
    },
    {
      name: "a tag written together",
      code: `/** @requires-sessionlock */\nexport function append(sessionFile) { save(); }`,
      output: `/** @requires-session-lock */\nexport function append(sessionFile) { save(); }`,
      errors: [{ messageId: "unknownTag" }],
    },
    {
      name: "a tag that is near no other",
      code: `/** @session-lock */\nexport function append(sessionFile) { save(); }`,
      errors: [
        {
          message:
            "`@session-lock` is no tag of this plugin, so nothing honours it. Known: @requires-session-lock, @acquires-session-lock, @releases-session-lock, @asserts-session-lock, @session-lock-wrapper, @owns-session-file, @no-session-lock-analysis.",
        },
      ],
    },
    {
      name: "a tag before something that is no function",
      code: `/** @requires-session-lock */\nexport const limit = 5;\n/** @owns-session-file */\n`,
      errors: [
        { messageId: "unbound", line: 1 },
        { messageId: "unbound", line: 3 },
      ],
    },
    {
      name: "a parameter that is misspelt, and one that is none",
      code: `${head}/** @requires-session-lock sesionFile */\nexport function one(sessionFile) { ${write} }
/** @requires-session-lock path */\nexport function two(sessionFile) { ${write} }`,
      output: `${head}/** @requires-session-lock sessionFile */\nexport function one(sessionFile) { ${write} }
/** @requires-session-lock path */\nexport function two(sessionFile) { ${write} }`,
      errors: [
        { messageId: "unknownParameter", line: 2, column: 28, endColumn: 38 },
        { messageId: "unknownParameter", line: 4 },
      ],
    },
    {
      name: "a parameter that is far from what is written, or as near as another",
      code: `${head}/** @requires-session-lock zz */\nexport function one(sf) { SessionManager.open(sf).appendMessage("x"); }
/** @requires-session-lock pat */\nexport function two(path, part) { SessionManager.open(path).appendMessage("x"); }
/** @requires-session-lock x */\nexport function three(f) { SessionManager.open(f).appendMessage("x"); }
/** @requires-session-lock fille */\nexport function four(file) { SessionManager.open(file).appendMessage("x"); }`,
      output: `${head}/** @requires-session-lock zz */\nexport function one(sf) { SessionManager.open(sf).appendMessage("x"); }
/** @requires-session-lock pat */\nexport function two(path, part) { SessionManager.open(path).appendMessage("x"); }
/** @requires-session-lock x */\nexport function three(f) { SessionManager.open(f).appendMessage("x"); }
/** @requires-session-lock file */\nexport function four(file) { SessionManager.open(file).appendMessage("x"); }`,
      errors: [2, 4, 6, 8].map((line) => ({ messageId: "unknownParameter", line })),
    },
    {
      name: "a path that a sentence follows and no parameter has",
      code: `${head}/** @requires-session-lock sesionFile the file */\nexport function one(a) { SessionManager.open(a).appendMessage("x"); }
/** @requires-session-lock parms.file of the caller */\nexport function two(params) { SessionManager.open(params.file).appendMessage("x"); }
/** @requires-session-lock opts.sessionFile whose lock it is */\nexport function three(all) { SessionManager.open(all.sessionFile).appendMessage("x"); }`,
      output: `${head}/** @requires-session-lock sesionFile the file */\nexport function one(a) { SessionManager.open(a).appendMessage("x"); }
/** @requires-session-lock params.file of the caller */\nexport function two(params) { SessionManager.open(params.file).appendMessage("x"); }
/** @requires-session-lock opts.sessionFile whose lock it is */\nexport function three(all) { SessionManager.open(all.sessionFile).appendMessage("x"); }`,
      errors: [2, 4, 6].map((line) => ({ messageId: "unknownParameter", line })),
    },
    {
      name: "an option of a wrapper that is none",
      code: `/** @session-lock-wrapper cb=1 */\nexport const locked = (file, work) => queue(file, work);
/** @session-lock-wrapper callback=wrk */\nexport const other = (file, work) => queue(file, work);`,
      errors: [
        { messageId: "badOption", line: 1 },
        { messageId: "badOption", line: 3 },
      ],
    },
    {
      name: "a function that is left alone without a reason",
      code: `/** @no-session-lock-analysis */\nexport function migrate() { run(); }`,
      errors: [{ messageId: "noReason", line: 1 }],
    },
    {
      name: "a demand that the body has no use for",
      code: `/** @requires-session-lock */\nexport function total(sessionFile) { return 5; }`,
      errors: [{ messageId: "needless", line: 1 }],
    },
    {
      name: "a claim on a file that the body does not write",
      code: `/** @owns-session-file */\nexport function total(sessionFile) { return sessionFile; }`,
      errors: [{ messageId: "needless" }],
    },
  ],
});

typescript.run("valid-lock-annotations, on TypeScript", validLockAnnotations, {
  valid: [
    {
      name: "tags on signatures",
      code: `export interface Store {
  /** @requires-session-lock path */
  append(path: string): void;
  /** @session-lock-wrapper */
  locked: (path: string, work: () => void) => Promise<void>;
}
/** @acquires-session-lock path */
export declare function take(path: string): Promise<Lock>;
/** @session-lock-wrapper */
export type Locked = (path: string, work: () => void) => Promise<void>;`,
    },
  ],
  invalid: [],
});

describe("a sentence behind a tag", () => {
  test.each([
    "the callers hold it",
    "The callers hold it",
    "files are locked by the callers",
    "paths of this kind are locked",
    "sessionFile is locked by the callers",
    "sessionFiles are never shared",
    "withSessionWriteLock holds it",
    "SessionManager code calls it",
    "JavaScript callers hold it",
    "package.json says who holds it",
    "node.js scripts hold it",
    "e.g. the gateway",
    "saveMessage, which calls it, holds it",
    "`sessionFile` of the caller",
    "message order depends on it",
  ])("is no path: %s", (sentence) => {
    const code = `${head}/** @requires-session-lock ${sentence} */
export function append(file, path, messages) { SessionManager.open(file).appendMessage(messages); }`;

    expect(lintMessages(code)).toEqual([]);
  });
});

describe("a comment that turns rules off", () => {
  test.each([
    ["// eslint-disable-next-line session-lock/require-session-lock -- the file is new", []],
    ["// eslint-disable-next-line session-lock/require-session-lock", ["noReason"]],
    ["// eslint-disable-next-line no-console", []],
    ["/* eslint-disable session-lock/require-session-lock, no-console */", ["noReason"]],
    ["/* eslint-disable session-lock/require-session-lock -- */", ["noReason"]],
    ["run(); // oxlint-disable-line session-lock/release-session-lock", ["noReason"]],
    ["/* eslint-enable session-lock/require-session-lock */", []],
    ["run(); // eslint-disable-line session-lock/require-session-lock", ["noReason"]],
    ["run(); // eslint-disable-line session-lock/require-session-lock --", ["noReason"]],
    ["/* eslint session-lock/require-session-lock: off */", ["noReason"]],
    ["/* eslint session-lock/require-session-lock: 0, no-console: 2 */", ["noReason"]],
    [`/* eslint "session-lock/require-session-lock": ["off"] */`, ["noReason"]],
    [`/* eslint no-console: 2, "session-lock/require-session-lock": "off" -- a script */`, []],
    ["/* eslint session-lock/require-session-lock: error */", []],
    ["/* eslint no-console: off */", []],
    ["// eslint session-lock/require-session-lock: off", []],
  ])("needs a reason if the rules are ours: %s", (comment, expected) => {
    const reports = lintMessages(`${comment}\nsave();`);

    const own = reports.filter(({ ruleId }) => ruleId === "session-lock/valid-lock-annotations");
    expect(own.map(({ messageId }) => messageId)).toEqual(expected);
  });
});

describe("the settings", () => {
  let project = "";
  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), "session-lock-settings-"));
    await mkdir(path.join(project, "node_modules/@scope/locks"), { recursive: true });
    await mkdir(path.join(project, "packages/app/node_modules/proper-lockfile"), { recursive: true });
    await mkdir(path.join(project, "src"));
    await writeFile(path.join(project, "src/locks.ts"), "export function locked(file, work) {}\n");
    await writeFile(path.join(project, "src/all.ts"), 'export * from "./locks.ts";\n');
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  function report(settings: SessionLockSettings, filename = "eslint.config.js"): readonly string[] {
    const linter = new Linter({ cwd: project });
    const code = `export default ${JSON.stringify(settings, undefined, 2)};`;
    const config: Linter.Config = {
      files: ["**"],
      plugins: {
        "session-lock": { rules: { "valid-lock-annotations": plugin.rules["valid-lock-annotations"] } },
      },
      rules: { "session-lock/valid-lock-annotations": "error" },
      settings: { "session-lock": settings },
    };
    return linter
      .verify(code, config, { filename: path.join(project, filename) })
      .map(({ line, messageId, message }) => `${line} ${messageId ?? message}`);
  }

  test("are matched by what the project has: its files, its packages, the language's globals", () => {
    const settings: SessionLockSettings = {
      presets: ["web-locks", "proper-lockfile"],
      acquire: [{ from: "@scope/locks", name: "acquire" }],
      wrappers: [
        { from: "./src/locks.ts", name: "locked" },
        { from: "./src/locks.js", name: "locked" },
        { from: "./src/all.ts", name: "anything" },
        { from: "#locks", name: "locked" },
        { from: "@/locks", name: "locked" },
      ],
      slowCalls: [{ from: "node:child_process", name: "exec" }],
    };

    expect(report(settings)).toEqual([]);
  });

  test("that match nothing are reported where they stand in the config", () => {
    const settings: SessionLockSettings = {
      presets: ["pi"],
      acquire: [{ from: "@scope/elsewhere", name: "acquire" }],
      wrappers: [{ from: "./src/lokcs.ts", name: "locked" }],
      asserts: [{ from: "./src/locks.ts", name: "assertLocked" }],
    };

    expect(report(settings)).toEqual([
      "3 unmatchedPreset",
      "7 unmatchedModule",
      "13 unmatchedModule",
      "20 unmatchedExport",
    ]);
  });

  test("that name an export which a package, a module of Node or the language has not are reported", async () => {
    const home = path.join(project, "node_modules/typed");
    await mkdir(home, { recursive: true });
    await writeFile(
      path.join(home, "package.json"),
      JSON.stringify({ exports: { ".": { import: { types: "./index.d.ts", default: "./index.js" } } } }),
    );
    await writeFile(path.join(home, "index.d.ts"), `export { SessionManager } from "./session.js";`);
    const from = (settings: SessionLockSettings): readonly string[] =>
      report(settings).map((one) => one.replace(/^\d+ /, ""));

    expect(from({ managers: [{ from: "typed", name: "SesionManager" }] })).toEqual(["unmatchedExport"]);
    expect(from({ managers: [{ from: "typed", name: "SessionManager" }] })).toEqual([]);
    expect(from({ sinks: [{ from: "node:fs", name: "appndFile" }] })).toEqual(["unmatchedExport"]);
    expect(from({ sinks: [{ from: "node:fs", name: "promises.appendFile" }] })).toEqual([]);
    expect(from({ slowCalls: [{ from: "globalThis", name: "ftech" }] })).toEqual(["unmatchedExport"]);
    expect(from({ slowCalls: [{ from: "globalThis", name: "prompt" }] })).toEqual([]);
    expect(from({ slowCalls: [{ from: "globalThis", name: "fetch" }] })).toEqual([]);
  });

  test.each([
    [{ managrs: [] }, `managrs is no setting; is "managers" meant?`],
    [{ resourceMatch: "strict" }, `resourceMatch is one of "same", "any", not "strict"`],
    [{ managers: {} }, "managers is a list, not {}"],
    [{ presets: ["nope"] }, `presets[0] is one of "session-lock", "pi", "openclaw",`],
  ])("that are none end the run with what is wrong: %j", (settings, problem) => {
    const linter = new Linter();
    const config = { ...plugin.configs.recommended, settings: { "session-lock": settings } };

    expect(() => linter.verify("save();", config)).toThrow(`settings["session-lock"] of the ESLint config`);
    expect(() => linter.verify("save();", config)).toThrow(problem);
  });

  test("are looked at in the config only, so once for the project", () => {
    expect(report({ presets: ["pi"] }, "src/locks.ts")).toEqual([]);
  });

  test("that are the defaults may match nothing", () => {
    expect(report({})).toEqual([]);
  });
});
