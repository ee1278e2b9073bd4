import { describe, expect, test } from "vitest";
import { compileLook } from "../../src/analysis/mentions.ts";
import { vocabularyOf, type SessionLockSettings } from "../../src/settings.ts";
import { lint } from "../lint.ts";

const manager = `import { SessionManager } from "@mariozechner/pi-coding-agent";\n`;

function mayReport(text: string, settings: SessionLockSettings = {}): boolean {
  return compileLook(vocabularyOf(settings))(text).mayReport;
}

describe("a file that has managers, no lock and no file system is left alone unless", () => {
  const reading = `${manager}export const session = SessionManager.open("a.jsonl").getEntries();`;

  test("nothing in it writes", () => {
    expect(mayReport(reading)).toBe(false);
  });

  test.each([
    ["a method of the manager writes", `${manager}export const f = (m) => m.appendMessage(1);`, {}],
    ["a function is called with the lock held", `${manager}export async function fLocked() {}`, {}],
    [
      "a parameter brings the lock",
      `${manager}import type { SessionWriteLock } from "session-lock";\nexport const f = (lock: SessionWriteLock) => lock;`,
      {},
    ],
    [
      "a function of the settings says that the lock is held",
      `${manager}import { assertOwner } from "./own.js";\nassertOwner();`,
      { asserts: [{ from: "./own.js", name: "assertOwner" }] },
    ],
    [
      "opening counts as a write",
      reading,
      { managers: [{ from: "@mariozechner/pi-coding-agent", name: "SessionManager", openIsWrite: true }] },
    ],
    ["types may lead to a lock", reading, { types: true }],
    [
      "the file system can write its file",
      `${manager}import { writeFileSync } from "fs";\nwriteFileSync(SessionManager.open(name).getSessionFile());`,
      {},
    ],
  ] as const)("%s", (_, text, settings) => {
    expect(mayReport(text, settings)).toBe(true);
  });
});

test("a class of another module is no manager, though it is called like one", () => {
  const code = `
    import { SessionManager } from "./other.js";
    export function save(file, message) { SessionManager.open(file).appendMessage(message); }
  `;
  const managers = [{ from: "./own.js", name: "SessionManager" }];

  expect(lint(code, { settings: { managers } })).toEqual([]);
  expect(lint(code.replace("other", "own"), { settings: { managers } })).toEqual([
    "require-session-lock/unlocked 3",
  ]);
});

test.each([
  [`import { Store } from "./store.js";`, "Store.open"],
  [`import Store from "./store.js";`, "Store.open"],
  [`import * as store from "./store.js";`, "store.files.open"],
])("a method of another module is no function of the file system: %s %s()", (line, callee) => {
  expect(lint(`import "node:fs";\n${line}\n${callee}("a.jsonl", "w");`)).toEqual([]);
});

test.each([
  [`import { promises } from "node:fs";`, "promises.open"],
  [`import fs from "fs";`, "fs.promises.open"],
  [`import * as files from "node:fs/promises";`, "files.open"],
  [`const fs = await import(\`node:fs\`);`, "fs.openSync"],
])("the file system's is one: %s %s()", (line, callee) => {
  expect(lint(`${line}\n${callee}("a.jsonl", "w");`)).toEqual(["no-raw-transcript-write/rawUnlocked 2"]);
});

test("a default export of the project is found under whatever name it has here", () => {
  const settings = { managers: [{ from: "./store.js", name: "default", writes: ["put"] }] };
  const use = "\nexport const save = (file, line) => Store.open(file).put(line);";

  expect(lint(`import Store from "./store.js";${use}`, { settings })).toEqual([
    "require-session-lock/unlocked 2",
  ]);
  expect(lint(`import { default as Store } from "./store.js";${use}`, { settings })).toEqual([
    "require-session-lock/unlocked 2",
  ]);
  expect(mayReport(`import Store from "./other.js";${use}`, settings)).toBe(false);
});
