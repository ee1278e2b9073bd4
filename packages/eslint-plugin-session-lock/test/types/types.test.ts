import path from "node:path";
import * as parser from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { plugin } from "../../src/plugin.ts";

const folder = path.join(import.meta.dirname, "fixtures");
const linter = new Linter({ cwd: folder });
const imports = `import { Journal, type Diary } from "./journal.ts";
import { isJournal, journalOf, letGo, lockJournal, locked, locks, mustHold, note, session, shelf } from "./helpers.ts";
`;

const typed = {
  project: "./tsconfig.json",
  tsconfigRootDir: folder,
  // On a CI machine the parser takes for granted that each file is read once, as it is on disk.
  disallowAutomaticSingleRunInference: true,
};

type ConfigName = keyof typeof plugin.configs;

/** Lints a body whose first line is line 3 of the fixture's `linted.ts`. */
function lint(
  body: string,
  config: ConfigName = "recommended-type-checked",
  isTyped = true,
  options: object = typed,
): readonly string[] {
  const languageOptions = {
    parser,
    parserOptions: isTyped ? options : {},
  };
  const settings = {
    "session-lock": {
      managers: [{ from: "./journal.ts", name: "Journal", open: ["at"], writes: ["push"] }],
    },
  };
  return linter
    .verify(imports + body, [{ ...plugin.configs[config], files: ["**"], languageOptions, settings }], {
      filename: path.join(folder, "linted.ts"),
    })
    .map(({ ruleId, messageId, message, line }) =>
      `${ruleId ?? message}/${messageId ?? ""} ${line}`.replace("session-lock/", ""),
    );
}

const needTypes = [
  {
    title: "a manager that a function of another file gives",
    body: `export function add(file: string) {
  const journal = journalOf(file);
  journal.push("x");
}`,
    reports: ["require-session-lock/unlocked 5"],
  },
  {
    title: "a manager that may be missing, of a class derived from the known one",
    body: `export const add = () => shelf.diary?.push("x");`,
    reports: ["require-session-lock/unlocked 3"],
  },
  {
    title: "a manager of a package, by the package's name",
    body: `export const add = () => session.manager.appendSessionInfo("x");`,
    reports: ["require-session-lock/unlocked 3"],
  },
  {
    title: "a value typed unknown that a guard of another file narrowed",
    body: `export function add(value: unknown) {
  if (isJournal(value)) value.push("x");
}`,
    reports: ["require-session-lock/callerMustLock 4"],
  },
  {
    title: "a parameter whose type is inferred",
    body: `const work = (run: (diary: Diary) => void) => run;
export const add = work((diary) => diary.push("x"));`,
    reports: ["require-session-lock/callerMustLock 4"],
  },
  {
    title: "a parameter of a type that extends the known one's",
    body: `export const add = <T extends Diary>(diary: T) => diary.push("x");`,
    reports: ["require-session-lock/callerMustLock 3"],
  },
  {
    title: "a demand in the JSDoc of another file",
    body: `export const add = (file: string) => note(file, Journal.at(file).read());`,
    reports: ["require-session-lock/annotatedCallee 3"],
  },
];

const acceptedWithTypes = [
  {
    title: "a wrapper, an assertion and a release of another file",
    body: `export const one = (file: string) => locked(file, () => Journal.at(file).push("x"));
export function two(file: string) {
  mustHold(file);
  Journal.at(file).push("x");
}
export async function three(file: string) {
  const lock = await lockJournal(file);
  try {
    Journal.at(file).push("x");
  } finally {
    await letGo(lock);
  }
}
export const four = (file: string) => locks.hold(file, () => note(file, "x"));`,
  },
  {
    title: "a method of the same name on another type",
    body: `export const add = () => shelf.pen.push("x");`,
  },
  { title: "a method that reads", body: `export const read = (file: string) => journalOf(file).read();` },
  {
    title: "a manager of another file inside a lock scope",
    body: `export const add = (file: string) => locked(file, () => journalOf(file).push("x"));`,
  },
];

describe("with types", () => {
  test.each(needTypes)("$title is reported", ({ body, reports }) => {
    expect(lint(body)).toEqual(reports);
  });

  test("an acquire in the JSDoc of another file is the caller's to release, without types it is unknown code", () => {
    const body = `export async function add(file: string) {
  const lock = await lockJournal(file);
  Journal.at(file).push("x");
  await lock.release();
}`;

    expect(lint(body)).toEqual(["release-session-lock/leaksOnThrow 4"]);
    expect(lint(body, "recommended")).toEqual(["require-session-lock/unlocked 5"]);
  });

  test.each(acceptedWithTypes)("$title is accepted", ({ body }) => {
    expect(lint(body)).toEqual([]);
  });
});

test("a file that is looked at again in a single run, where the parser has it without its imports, is judged by its text", () => {
  const inSingleRun = { ...typed, disallowAutomaticSingleRunInference: false };
  vi.stubEnv("CI", "true");
  onTestFinished(() => void vi.unstubAllEnvs());
  const body = `export const add = (file: string) => shelf.diary?.push(file) ?? Journal.at(file).push("x");`;
  const look = () => lint(body, "recommended-type-checked", true, inSingleRun);

  look(); // as it is on disk

  expect(look()).toEqual(["require-session-lock/unlocked 3"]);
});

describe("without types", () => {
  test.each(needTypes)("$title is not seen, whether the config asks for types or not", ({ body }) => {
    expect(lint(body, "recommended")).toEqual([]);
    expect(lint(body, "recommended-type-checked", false)).toEqual([]);
  });

  test.each([
    ["recommended", true],
    ["recommended-type-checked", false],
    ["recommended-type-checked", true],
  ] as const)(
    "a manager that the file opens itself is judged the same: %s, program %s",
    (config, isTyped) => {
      expect(
        lint(`export const add = (file: string) => Journal.at(file).push("x");`, config, isTyped),
      ).toEqual(["require-session-lock/unlocked 3"]);
    },
  );
});
