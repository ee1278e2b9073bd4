import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const KILLS = 12;

test.each([
  ["1 KB lines", 1_000],
  ["100 KB lines", 100_000],
  ["2 MB lines", 2_000_000],
])("every append acknowledged before a kill -9 is on the branch (%s)", async (_, bytes) => {
  const file = tempSession();
  const acknowledged: string[] = [];

  for (let kill = 0; kill < KILLS; kill += 1) {
    const worker = startWorker("append-forever.js", [file, `w${kill}`, String(bytes)]);
    acknowledged.push(await worker.next(), ...(await worker.kill()));
    await using transcript = await openTranscript(file);
    const { entry } = await transcript.append(userMessage(`after ${kill}`));
    acknowledged.push(`after ${kill}`);
    expect(transcript.leafId).toBe(entry.id);
  }

  const session = readRaw(file);
  const visible = new Set(session.visible.map((text) => text.split("|")[0]));
  expect(acknowledged.filter((text) => !visible.has(text))).toEqual([]);
  expect(session).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
});

test("a write that the disk cuts short leaves no trace, and the next ones go on", async () => {
  const file = tempSession();
  // 64 blocks of 512 bytes: the file cannot grow past 32 KiB, and a write across that limit is a short one.
  const limited = startWorker("append-until-full.js", [file, "9000"], { shell: "ulimit -f 64" });
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
});
