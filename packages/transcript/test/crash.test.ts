import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { LIMITED, makeRoom, smallDisk } from "./small-disk.ts";
import { startWorker } from "./worker.ts";

const apis = ["transcript", "manager"];

test.each(apis)(
  "a disk that is full costs a %s no acknowledged message, and with room again the session goes on",
  async (api) => {
    const folder = smallDisk();
    const file = path.join(folder, "session.jsonl");
    const limited = startWorker("append-until-full.js", [file, "9000", api], { shell: LIMITED });
    const said = await limited.rest();
    const acknowledged = said.slice(0, -1).map((line) => line.replace("ok", "large"));

    makeRoom(folder);
    await using transcript = await openTranscript(file);
    await transcript.append(userMessage("room again"));

    expect(acknowledged.length).toBeGreaterThan(0);
    expect(said.at(-1)).toMatch(/^IO (ENOSPC|EFBIG) leaf kept, small one ok$/);
    expect(readRaw(file).visible.map((text) => text.replace(/ \.+$/, ""))).toEqual([
      ...acknowledged,
      "small",
      "room again",
    ]);
    expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
  },
);

test.each(apis)(
  "a write of a %s that the disk cuts short leaves no trace, and the next ones go on",
  async (api) => {
    const file = tempSession();
    // 64 blocks of 512 bytes: the file cannot grow past 32 KiB, and a write across that limit is a short one.
    const limited = startWorker("append-until-full.js", [file, "9000", api], { shell: "ulimit -f 64" });
    const said = await limited.rest();
    const before = readFileSync(file);

    expect(said).toEqual(["ok 0", "ok 1", "ok 2", "IO EFBIG leaf kept, small one ok"]);
    await using transcript = await openTranscript(file);
    await transcript.append(userMessage("room again"));

    expect(before.at(-1)).toBe(0x0a);
    expect(readRaw(file).visible.map((text) => text.slice(0, 10))).toEqual([
      "large 0 ..",
      "large 1 ..",
      "large 2 ..",
      "small",
      "room again",
    ]);
    expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0 });
    expect(existsSync(`${file}.rej`)).toBe(false);
  },
);
