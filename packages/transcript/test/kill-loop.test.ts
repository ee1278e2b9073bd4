import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder } from "./temp-session.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

/** For each length of line. */
const KILLS = Number(process.env["TRANSCRIPT_KILL_ROUNDS"] ?? 200);
const KILLS_PER_FILE = 10;

async function readFrom(follower: Worker, names: readonly string[]): Promise<readonly string[]> {
  const missing = new Set(names);
  const said: string[] = [];
  while (missing.size > 0) {
    const line = await follower.next();
    said.push(line);
    missing.delete(line.split(" ")[1] ?? "");
  }
  return said;
}

test.each([
  ["1 KB", 1_000],
  ["100 KB", 100_000],
  ["2 MB", 2_000_000],
])(
  "killed again and again while it writes lines of %s, a writer loses nothing it acknowledged and a reader meets nothing torn",
  { timeout: 3_600_000 },
  async (_, bytes) => {
    const folder = tempFolder();
    const script = "append-on-word.js";
    let torn = 0;
    let acknowledged = 0;
    let waiting = startWorker(script, [path.join(folder, "0.jsonl"), "0", String(bytes)]);

    for (let first = 0; first < KILLS; first += KILLS_PER_FILE) {
      const file = path.join(folder, `${first / KILLS_PER_FILE}.jsonl`);
      await using transcript = await openTranscript(file, { durability: "os" });
      const follower = startWorker("follow.js", [file, String(bytes)]);
      await follower.next();
      const names: string[] = [];
      const last = Math.min(first + KILLS_PER_FILE, KILLS);
      let longestMs = 0;

      for (let round = first; round < last; round += 1) {
        const worker = waiting;
        const next = round + 1;
        // The next one gets ready while this one writes.
        const place = path.join(folder, `${Math.floor(next / KILLS_PER_FILE)}.jsonl`);
        waiting = startWorker(script, [place, String(next), String(bytes)]);
        await worker.next();
        const begunAt = performance.now();
        worker.send("go");
        if (round === first) {
          names.push(await worker.next());
          longestMs = 3 * (performance.now() - begunAt);
        }
        // It is as likely to be killed while it opens the session as in any part of an append.
        await setTimeout(Math.random() * longestMs);
        names.push(...(await worker.kill()));
      }
      const name = `end.${first}`;
      await transcript.append({ role: "user", content: `${name}|${"x".repeat(bytes)}`, timestamp: 1 });
      names.push(name);
      const read = await readFrom(follower, names);
      await follower.kill();

      const session = readRaw(file);
      const visible = session.visible.map((text) => text.slice(0, text.indexOf("|")));
      expect(names.filter((one) => !visible.includes(one))).toEqual([]);
      expect(session).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
      expect(read.filter((line) => !line.startsWith("whole "))).toEqual([]);
      torn += Number(existsSync(`${file}.rej`));
      acknowledged += names.length;
    }
    console.info(`${KILLS} kills, ${acknowledged} acknowledged, ${torn} sessions with a torn line cut off`);
  },
);
