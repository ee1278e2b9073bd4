import { spawnSync } from "node:child_process";
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseLockTable } from "../src/engines/kernel-table.ts";
import { livenessOf } from "../src/liveness.ts";
import { identity } from "../src/owner.ts";
import type { Owner } from "../src/record.ts";
import { parseStat, startTimeOf, stateOf } from "../src/process-table.ts";
import { mayMount } from "./support/mount.ts";
import { Driver, workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

describe("the process table", () => {
  test("a command name with blanks and brackets does not shift the fields of /proc/<pid>/stat", () => {
    const text = `7 (a) b (c) S 1 ${"0 ".repeat(17)}4711 0`;

    expect(parseStat(text)).toEqual({ state: "S", starttime: 4711 });
    expect(parseStat("rubbish")).toBeUndefined();
  });

  test("a pid used again by another process counts as gone", async () => {
    await using other = await Driver.start();
    const started = startTimeOf(other.pid);

    expect(stateOf(other.pid, undefined, started)).toBe("running");
    expect(stateOf(other.pid, undefined, Number(started) - 1)).toBe("gone");
    await other.kill();
    expect(stateOf(other.pid, undefined, started)).toBe("gone");
  });

  test("a thread that ended counts as gone while its process lives", () => {
    expect(stateOf(process.pid, process.pid)).toBe("running");
    expect(stateOf(process.pid, 2 ** 22 - 1)).toBe("gone");
  });

  test("a thread that cannot be looked at just now, for want of a descriptor, does not count as gone", () => {
    const plain = fs.readFileSync;
    const restore = (): void => {
      fs.readFileSync = plain;
      syncBuiltinESMExports();
    };
    onTestFinished(restore);
    fs.readFileSync = () => {
      restore(); // another thread closes one: the next try works
      throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    };
    syncBuiltinESMExports();

    expect(stateOf(process.pid, process.pid)).toBe("unknown");
    expect(stateOf(process.pid, process.pid)).toBe("running");
  });

  test.runIf(mayMount)(
    "a live holder is not taken for dead where /proc shows another pid namespace than its own",
    () => {
      const script = [process.execPath, workerPath("in-namespace.js"), tempSession()];
      const inNamespace = ["-c", 'exec unshare --pid --fork "$@"', "sh", ...script];

      const { stdout } = spawnSync("sh", inNamespace, { encoding: "utf8" });

      expect(stdout.trim()).toBe("kept out");
    },
  );
});

describe("liveness", () => {
  const self: Owner = { ...identity(), epoch: 1, acquiredAt: 0, createdAt: "", nonce: "n" };

  test.each([
    ["this very thread", self, "alive"],
    ["another boot", { ...self, boot: "another" }, "foreign"],
    ["another pid namespace", { ...self, pidns: "pid:[1]" }, "foreign"],
    ["a reused pid", { ...self, starttime: 1 }, "dead"],
  ])("of %s", (_who, owner, expected) => {
    expect(livenessOf(owner, identity())).toBe(expected);
  });
});

test("the kernel's lock table tells holders from waiters", () => {
  const text = [
    "1: POSIX  ADVISORY  WRITE 812 fe:00:2139 0 EOF",
    "2: OFDLCK ADVISORY  WRITE -1 fe:00:4711 1099511627776 1099511627777",
    "2: -> OFDLCK ADVISORY  WRITE -1 103:2f:4711 1099511627777 1099511627777",
    "",
  ].join("\n");

  expect(parseLockTable(text)).toEqual([
    { device: "254:0", ino: 4711, start: 1099511627776, end: 1099511627777, waiting: false },
    { device: "259:47", ino: 4711, start: 1099511627777, end: 1099511627777, waiting: true },
  ]);
  expect(parseLockTable(readFileSync("/proc/locks", "latin1")).every(({ ino }) => ino > 0)).toBe(true);
});
