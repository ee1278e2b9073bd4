import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { cleanSessionLocks } from "session-lock";
import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { tempFolder } from "./temp-session.ts";

/** Dies at the first sync, which is between the making of a draft and its renaming. */
const writesAndDies = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
fs.fsyncSync = () => process.kill(process.pid, "SIGKILL");
syncBuiltinESMExports();
const { openSessionStore, openTranscript } = await import("@session-lock/transcript");
const [what, place] = process.argv.slice(1);
if (what === "record") await openSessionStore(place).update("agent:main:main", () => ({ label: "new" }));
else await openTranscript(place + "/session.jsonl");
`;

test.each(["record", "session"])(
  "the draft that a killed writer of a %s left goes with clean",
  async (what) => {
    const folder = path.join(tempFolder(), "store");
    mkdirSync(folder);
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", writesAndDies, what, folder], {
      cwd: path.resolve(import.meta.dirname, ".."),
    });
    expect(child.signal).toBe("SIGKILL");
    const drafts = readdirSync(folder)
      .filter((name) => name.endsWith(".tmp"))
      .map((name) => path.join(folder, name));
    expect(drafts).toHaveLength(1);

    // Its writer may be at it still, as far as anybody can tell from a young file.
    expect(cleanSessionLocks(folder).removed).not.toContain(drafts[0]);
    for (const draft of drafts) utimesSync(draft, 1_700_000_000, 1_700_000_000);

    expect(cleanSessionLocks(folder).removed).toContain(drafts[0]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await openSessionStore(folder).update("agent:main:main", () => ({ label: "next" }));
  },
);
