import { describe, expect, test } from "vitest";
import { lint } from "./lint.ts";

const manager = `import { SessionManager } from "@mariozechner/pi-coding-agent";\n`;

describe("the preset async-mutex", () => {
  const settings = { presets: ["session-lock", "pi", "async-mutex"] } as const;

  test.each([
    {
      title: "knows a mutex by its callback",
      body: `const mutex = new Mutex();
export const save = (file, message) =>
  mutex.runExclusive(() => SessionManager.open(file).appendMessage(message));`,
      reports: [],
    },
    {
      title: "knows a mutex by the function that releases it",
      body: `const mutex = new Mutex();
export async function save(file, message) {
  const release = await mutex.acquire();
  try {
    SessionManager.open(file).appendMessage(message);
  } finally {
    release();
  }
}`,
      reports: [],
    },
    {
      title: "knows a mutex that releases itself, in a field",
      body: `export class Store {
  #mutex = new Mutex();
  async save(file, message) {
    await this.#mutex.acquire();
    try {
      SessionManager.open(file).appendMessage(message);
    } finally {
      this.#mutex.release();
    }
  }
}`,
      reports: [],
    },
    {
      title: "knows a mutex with a timeout, and that it is not released on every way",
      body: `const mutex = withTimeout(new Mutex(), 100);
export async function save(file, message) {
  const release = await mutex.acquire();
  SessionManager.open(file).appendMessage(message);
  release();
}`,
      reports: ["release-session-lock/leaksOnThrow 5"],
    },
    {
      title: "knows that a mutex waits for itself",
      body: `const mutex = new Mutex();
export const save = (file) => mutex.runExclusive(() => mutex.runExclusive(() => SessionManager.open(file)));`,
      reports: ["no-nested-session-lock/nested 4"],
    },
    {
      title: "reports a write before the acquire is awaited, and a scope nobody awaits",
      body: `const mutex = new Mutex();
export function save(file, message) {
  mutex.runExclusive(() => check(message));
  SessionManager.open(file).appendMessage(message);
}`,
      reports: ["no-escaping-session-lock/floating 5", "require-session-lock/unlocked 6"],
    },
    {
      title: "knows a semaphore that one may hold, by its callback",
      body: `const semaphore = new Semaphore(1);
export const save = (file, message) =>
  semaphore.runExclusive((value) => SessionManager.open(file).appendMessage(message));`,
      reports: [],
    },
    {
      title: "knows a semaphore by the function in the pair that it gives",
      body: `const semaphore = new Semaphore(1);
export async function save(file, message) {
  const [value, release] = await semaphore.acquire();
  try {
    SessionManager.open(file).appendMessage(message);
  } finally {
    release();
  }
}`,
      reports: [],
    },
    {
      title: "knows that a semaphore is not released on every way",
      body: `const semaphore = withTimeout(new Semaphore(1), 100);
export async function save(file, message) {
  const [, release] = await semaphore.acquire();
  SessionManager.open(file).appendMessage(message);
  release();
}`,
      reports: ["release-session-lock/leaksOnThrow 5"],
    },
  ])("$title", ({ body, reports }) => {
    const code = `${manager}import { Mutex, Semaphore, withTimeout } from "async-mutex";\n${body}`;

    expect(lint(code, { settings })).toEqual(reports);
    expect(lint(code)).not.toEqual(reports);
  });

  test.each(["2", "", "Number(process.env.LIMIT)"])(
    "a semaphore made with (%s) excludes nobody",
    (permits) => {
      const code = `${manager}import { Semaphore } from "async-mutex";
const semaphore = new Semaphore(${permits});
export const save = (file, message) =>
  semaphore.runExclusive(() => SessionManager.open(file).appendMessage(message));`;

      expect(lint(code, { settings })).toEqual(["require-session-lock/unlocked 5"]);
    },
  );
});

describe("the preset openclaw", () => {
  const settings = { presets: ["openclaw"] } as const;

  test("knows the project's lock and sees through the guard around a manager", () => {
    const code = `${manager}import { acquireSessionWriteLock } from "../agents/session-write-lock.js";
import { guardSessionManager } from "../agents/session-tool-result-guard-wrapper.js";
export async function mirror(sessionFile, message) {
  const sessionManager = guardSessionManager(SessionManager.open(sessionFile), { agentId: "main" });
  sessionManager.appendMessage(message);
}
export async function locked(sessionFile, message) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    guardSessionManager(SessionManager.open(sessionFile)).appendMessage(message);
  } finally {
    await lock.release();
  }
}`;

    expect(lint(code, { settings, filename: "src/config/mirror.ts" })).toEqual([
      "require-session-lock/unlocked 6",
    ]);
  });

  test.each([
    ["is reported where no lock is held", "", "openclaw", ["no-nested-session-lock/reentrant 5"]],
    [
      "is fine inside the lock that it re-enters",
      `await using outer = await acquireSessionWriteLock({ sessionFile, within: held });`,
      "openclaw",
      [],
    ],
  ] as const)("a re-entry for the process %s", (_, outer, preset, reports) => {
    const code = `${manager}import { acquireSessionWriteLock } from "../agents/session-write-lock.js";
export async function save(sessionFile, message, held) {
  ${outer}
  await using lock = await acquireSessionWriteLock({ sessionFile, allowReentrant: true${outer === "" ? "" : ", within: outer"} });
  SessionManager.open(sessionFile).appendMessage(message);
}`;

    expect(lint(code, { settings: { presets: [preset] }, filename: "src/config/mirror.ts" })).toEqual(
      reports,
    );
  });

  test("a re-entry of session-lock is the scope's own", () => {
    const code = `${manager}import { acquireSessionWriteLock } from "session-lock";
export async function save(sessionFile, message) {
  await using lock = await acquireSessionWriteLock({ sessionFile, allowReentrant: true });
  SessionManager.open(sessionFile).appendMessage(message);
}`;

    expect(lint(code)).toEqual([]);
  });

  test("knows the project's own manager", () => {
    const code = `import { SessionManager } from "./session-manager.js";
export const add = (file, message) => SessionManager.open(file).appendMessage(message);`;

    expect(lint(code, { settings, filename: "src/agents/sessions/add.ts" })).toEqual([
      "require-session-lock/unlocked 2",
    ]);
  });
});

describe("the preset proper-lockfile", () => {
  const settings = { presets: ["pi", "proper-lockfile"] } as const;
  const write = "SessionManager.open(file).appendMessage(message);";

  test("takes no file for a session's because its lock is held: it locks files of all kinds", () => {
    const code = `import lockfile from "proper-lockfile";
import { promises as fs } from "node:fs";
export async function store(filePath, temporary) {
  const release = await lockfile.lock(filePath);
  try {
    await fs.rename(temporary, filePath);
  } finally {
    await release();
  }
}`;

    expect(lint(code, { settings, config: "strict" })).toEqual([]);
  });

  test.each([
    ["a lock that is released by its file", `await lockfile.lock(file);`, `await lockfile.unlock(file);`, []],
    ["one that is never released", `await lockfile.lock(file);`, ``, ["leaks"]],
    ["one for another file", `await lockfile.lock(other);`, `await lockfile.unlock(other);`, ["wrongFile"]],
    ["a lock that is taken at once", `lockfile.lockSync(file);`, `lockfile.unlockSync(file);`, []],
    ["what the lock gives", `const release = lockfile.lockSync(file);`, `release();`, []],
    ["a function that releases", `await lockfile.lock(file);`, `await free(file);`, []],
    [
      "a lock nobody awaits",
      `lockfile.lock(file);`,
      `await lockfile.unlock(file);`,
      ["notAwaited", "unlocked"],
    ],
  ])("knows %s", (_, acquire, release, expected) => {
    const code = `${manager}import lockfile from "proper-lockfile";
async function free(path) { await lockfile.unlock(path); }
export async function save(file, other, message) {
  ${acquire}
  try {
    ${write}
  } finally {
    ${release}
  }
}`;

    expect(new Set(lint(code, { settings }).map((report) => report.replace(/^.*\/| \d+$/g, "")))).toEqual(
      new Set(expected),
    );
  });

  test("knows a write after the release by the file", () => {
    const code = `${manager}import { lock, unlock } from "proper-lockfile";
export async function save(file, message) {
  await lock(file);
  try { check(message); } finally { await unlock(file); }
  ${write}
}`;

    expect(lint(code, { settings })).toEqual(["require-session-lock/released 6"]);
  });
});

describe("the preset web-locks", () => {
  const settings = { presets: ["pi", "web-locks"] } as const;
  const write = "() => SessionManager.open(file).appendMessage(message)";

  test.each([
    [`navigator.locks.request(file, ${write})`, []],
    [`window.navigator.locks.request(file, ${write})`, []],
    [`self.navigator.locks.request(file, ${write})`, []],
    [`globalThis.navigator.locks.request(file, { mode: "exclusive" }, ${write})`, []],
    [`navigator.locks.request(file, { mode: "shared" }, ${write})`, ["require-session-lock/unlocked 3"]],
    [
      `navigator.locks.request(file, { ifAvailable: true }, ${write})`,
      ["require-session-lock/notOnEveryPath 3"],
    ],
    [`navigator.locks.request(file, { ifAvailable: false }, ${write})`, []],
    [
      `navigator.locks.request(file, { ifAvailable: true }, async (lock) => { if (lock) await (${write})(); })`,
      [],
    ],
    [
      `navigator.locks.request(file, { ifAvailable: true }, (lock) => {
  if (lock === null) return;
  SessionManager.open(file).appendMessage(message);
})`,
      [],
    ],
    [
      `navigator.locks.request(file, () => navigator.locks.request(file, ${write}))`,
      ["no-nested-session-lock/nested 3"],
    ],
  ])("knows what %s excludes", (call, reports) => {
    const code = `${manager}export const save = (file, message) =>\n${call};`;

    expect(lint(code, { settings })).toEqual(reports);
  });
});
