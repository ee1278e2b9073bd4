import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

// A name can reach the disk before what it names, and after a power cut an empty record counts as held for ever.
test.each(["kernel", "lockfile"])(
  "a lock of the %s engine gets its name when its record is on the disk",
  (engine) => {
    const calls = execFileSync(process.execPath, [workerPath("notes-calls.js"), tempSession(), engine]);

    const [write, sync, link] = ["writeSync", "fsyncSync", "linkSync"].map((name) =>
      (JSON.parse(calls.toString()) as string[]).indexOf(name),
    );
    expect(write).toBeGreaterThanOrEqual(0);
    expect(sync).toBeGreaterThan(write ?? 0);
    expect(link).toBeGreaterThan(sync ?? 0);
  },
);
