import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import type { SessionLockStatus } from "session-lock";
import { run } from "./support/cli.ts";
import { mayMount, mount } from "./support/mount.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe("session-lock clean", () => {
  test("removes what crashes left and keeps what is held", async () => {
    const folder = tempFolder();
    await using dead = await Driver.start();
    await using holder = await Driver.start();
    const at = (name: string) => path.join(folder, name);
    await dead.ask("acquire", { sessionFile: at("a.jsonl"), engine: "kernel", name: "a" });
    await dead.ask("acquire", { sessionFile: at("b.jsonl"), engine: "lockfile", name: "b" });
    await holder.ask("acquire", { sessionFile: at("c.jsonl") });
    await dead.kill();
    writeFileSync(at("d.jsonl.lock"), JSON.stringify({ pid: dead.pid, createdAt: new Date().toISOString() }));
    writeFileSync(at("e.jsonl.lock.0123abcd.tmp"), "");
    utimesSync(at("e.jsonl.lock.0123abcd.tmp"), 1, 1);

    const { code, out } = await run("clean", folder, "--json");

    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(["c.jsonl.lock"]);
    expect((JSON.parse(out) as { removed: string[] }).removed.sort()).toEqual(
      ["a.jsonl.lock", "b.jsonl.lock", "d.jsonl.lock", "e.jsonl.lock.0123abcd.tmp"].map(at),
    );
    await expect(holder.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("keeps files and folders of a user whose names look like ours at first", async () => {
    const folder = tempFolder();
    const names = ["export.20260714.tmp", "notes.20260714.gone", "x.0123abcd.fence", "y.0123abcd.gone"];
    for (const name of names) mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, "export.20260715.tmp"), "precious");
    for (const name of readdirSync(folder)) utimesSync(path.join(folder, name), 1, 1);

    const { code, out } = await run("clean", folder);

    expect([code, out]).toEqual([0, ""]);
    expect(readdirSync(folder).sort()).toEqual([...names, "export.20260715.tmp"].sort());
  });

  test("keeps a dead process's pid file that somebody has taken over since it was looked at", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "");
    await using cleaner = await Driver.start();
    await using dead = await Driver.start();
    await dead.kill();
    writeFileSync(`${sessionFile}.lock`, JSON.stringify({ pid: dead.pid, createdAt: "2026-01-01" }));
    await cleaner.ask("stopAfter", { call: "closeSync" });
    const cleaned = cleaner.ask("clean", { folder: path.dirname(sessionFile) });
    await until(() => isStopped(cleaner.pid));

    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
    cleaner.signal("SIGCONT");

    expect((await cleaned)["removed"]).toEqual([]);
    lock.assertHeld();
  });
});

describe("entries of a folder that are no session locks", () => {
  test("are listed with what is wrong, hide nothing else, are kept by clean, and are no failure", async () => {
    const folder = tempFolder();
    const at = (name: string) => path.join(folder, name);
    const holder = await Driver.start();
    await holder.ask("acquire", { sessionFile: at("chat.jsonl"), engine: "kernel" });
    await holder.kill();
    symlinkSync("/etc/hostname", at("bad.lock"));
    mkdirSync(at("folder"));
    writeFileSync(at("folder.lock"), "");
    const odd = {
      protocol: "session-lock/1",
      pid: process.pid,
      epoch: 1,
      acquiredAt: 1,
      nonce: "n",
      host: "h",
    };
    writeFileSync(at("odd.lock"), JSON.stringify({ ...odd, purpose: 5 }));
    writeFileSync(at("yarn.lock"), "# yarn lockfile v1\n");
    writeFileSync(at(".lock"), "");

    const json = await run("ls", folder, "--json");
    const text = await run("ls", folder);
    const cleaned = await run("clean", folder);

    expect([json.code, text.code, cleaned.code]).toEqual([0, 0, 0]);
    const states = (JSON.parse(json.out) as SessionLockStatus[]).map(({ lockPath, state }) => [
      path.basename(lockPath),
      state,
    ]);
    expect(Object.fromEntries(states)).toEqual({
      ".lock": "unknown",
      "bad.lock": "unknown",
      "chat.jsonl.lock": "free",
      "folder.lock": "unknown",
      "odd.lock": "held",
      "yarn.lock": "unknown",
    });
    expect(text.out).toMatch(new RegExp(`^unknown .* ${at("bad.lock")}$`, "m"));
    expect(text.err).toContain("bad.lock is not a regular file");
    expect(text.err).toContain("there is no session file beside it");
    expect(cleaned.out).toContain(`removed ${at("chat.jsonl.lock")}`);
    expect(cleaned.out).toContain("kept " + at("bad.lock"));
    expect(readdirSync(folder)).not.toContain("chat.jsonl.lock");
    expect(readdirSync(folder)).toContain("bad.lock");
  });

  test("count as held where a session file stands beside them", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "");
    writeFileSync(`${sessionFile}.lock`, "");

    expect((await run("ls", path.dirname(sessionFile), "--json")).out).toContain('"state":"held"');
    expect((await run("why", sessionFile)).code).toBe(75);
  });

  test.runIf(mayMount)("that cannot be removed make clean exit 1 after it has removed the rest", async () => {
    const folder = tempFolder();
    const [stuck, loose] = ["a.jsonl.lock.0123abcd.gone", "b.jsonl.lock.0123abcd.tmp"].map((name) =>
      path.join(folder, name),
    ) as [string, string];
    mount("-t tmpfs tmpfs", stuck);
    writeFileSync(loose, "");
    for (const file of [stuck, loose]) utimesSync(file, 1, 1);

    const { code, out, err } = await run("clean", folder);

    expect({ code, out }).toEqual({ code: 1, out: `removed ${loose}` });
    expect(err).toMatch(new RegExp(`^could not remove ${stuck}: .*busy`));
  });
});
