import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { tempFolder, tempSession } from "./support/temp.ts";

describe("targets", () => {
  test.each([
    ["an empty name", () => ""],
    ["a name with NUL", () => `${tempSession()}\0.jsonl`],
    ["a name ending in a slash", () => `${tempSession()}/`],
    ["a name longer than file systems take", () => path.join(tempFolder(), "x".repeat(300))],
    ["the name of another session's lock", () => tempSession("session.jsonl.lock")],
    ["a folder", () => tempFolder()],
    ["a device", () => "/dev/null"],
    ["a symbolic link", () => linkTo(tempSession())],
    ["a dangling symbolic link", () => linkTo("/nonexistent/session.jsonl")],
    ["a FIFO", () => fifo()],
  ])("%s is refused", async (_what, make) => {
    await expect(acquireSessionWriteLock({ sessionFile: make() })).rejects.toMatchObject({
      code: "INVALID_TARGET",
      retryable: false,
    });
  });

  test.each(["kernel", "lockfile"] as const)(
    "a lock path that is a symbolic link is refused by the %s engine and its target left alone",
    async (engine) => {
      const sessionFile = tempSession();
      const victim = tempSession("victim");
      writeFileSync(victim, "precious");
      symlinkSync(victim, `${sessionFile}.lock`);

      await expect(acquireSessionWriteLock({ sessionFile, engine })).rejects.toMatchObject({
        code: "INVALID_TARGET",
      });
      expect(readFileSync(victim, "utf8")).toBe("precious");
    },
  );

  test("a session in a folder that does not exist is an IO error that says so", async () => {
    const sessionFile = path.join(tempFolder(), "missing", "session.jsonl");

    await expect(acquireSessionWriteLock({ sessionFile })).rejects.toMatchObject({
      code: "IO",
      message: expect.stringContaining("create it first") as string,
    });
  });

  test("a relative path is an IO error where the working folder was removed", async () => {
    const [before, folder] = [process.cwd(), tempFolder()];
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    rmSync(folder, { recursive: true });

    await expect(acquireSessionWriteLock({ sessionFile: "session.jsonl" })).rejects.toMatchObject({
      name: "SessionLockError",
      code: "IO",
    });
  });

  test("differently spelt paths of one file are one lock", async () => {
    const folder = tempFolder();
    mkdirSync(path.join(folder, "real", "sub"), { recursive: true });
    symlinkSync(path.join(folder, "real"), path.join(folder, "alias"));
    const sessionFile = path.join(folder, "real", "session.jsonl");
    const spellings = [
      path.join(folder, "alias", "session.jsonl"),
      `${folder}/real/./sub/../session.jsonl`,
      path.relative(process.cwd(), sessionFile),
    ];
    await using lock = await acquireSessionWriteLock({ sessionFile });

    expect(spellings.map((spelling) => tryAcquireSessionWriteLock({ sessionFile: spelling }))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(lock.sessionFile).toBe(sessionFile);
  });

  test("a folder reached by another spelling is one lock, named as the disk spells it", async () => {
    const folder = tempFolder();
    const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"] as const;
    mkdirSync(path.join(folder, decomposed));
    linkUnlessThere(decomposed, path.join(folder, composed));
    await using lock = await acquireSessionWriteLock({ sessionFile: path.join(folder, composed, "s.jsonl") });
    const onDisk = readdirSync(folder).find((name) => lstatSync(path.join(folder, name)).isDirectory()) ?? "";

    expect(lock.sessionFile).toBe(path.join(folder, onDisk, "s.jsonl"));
    expect(
      tryAcquireSessionWriteLock({ sessionFile: path.join(folder, decomposed, "s.jsonl") }),
    ).toBeUndefined();
  });

  test("names that the disk keeps apart are two locks, also when they look alike", async () => {
    const folder = tempFolder();
    const spellings = ["caf\u00e9.jsonl", "cafe\u0301.jsonl"].map((name) => path.join(folder, name));
    for (const spelling of spellings) writeFileSync(spelling, "");
    const onDisk = new Set(readdirSync(folder));
    const locks = spellings.map((sessionFile) => tryAcquireSessionWriteLock({ sessionFile }));

    const granted = locks.filter((lock) => lock !== undefined);
    expect(granted.map((lock) => path.basename(lock.sessionFile)).sort()).toEqual([...onDisk].sort());
    await Promise.all(granted.map((lock) => lock.release()));
  });

  test("a session file that does not exist yet can be locked, and is not created", async () => {
    const sessionFile = tempSession();

    await using lock = await acquireSessionWriteLock({ sessionFile });

    lock.assertHeld();
    expect(statSync(sessionFile, { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([
    ["kernel", 0o600],
    ["lockfile", 0o700],
  ] as const)("what the %s engine puts on disk is for its user only", async (engine, mode) => {
    const sessionFile = tempSession();

    await using lock = await acquireSessionWriteLock({ sessionFile, engine });

    lock.assertHeld();
    expect(statSync(`${sessionFile}.lock`).mode & 0o777).toBe(mode);
  });

  test("a hard link to the lock file made by somebody else changes nothing", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
    linkSync(`${sessionFile}.lock`, `${sessionFile}.copy`);

    lock.assertHeld();
  });
});

/** Where the file system normalises names, both spellings lead to one folder already. */
function linkUnlessThere(target: string, link: string): void {
  if (!existsSync(link)) symlinkSync(target, link);
}

function linkTo(target: string): string {
  const link = path.join(tempFolder(), "link.jsonl");
  symlinkSync(target, link);
  return link;
}

function fifo(): string {
  const file = tempSession("pipe");
  execFileSync("sh", ["-c", 'mkfifo "$0"', file]);
  return file;
}
