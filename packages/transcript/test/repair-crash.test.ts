import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { repair } from "../src/index.ts";
import { chat, linesOf, user } from "./session-lines.ts";
import { tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const KILLS = 6;

test("a repair that is killed leaves the old file or the new one, whole, and the next one finishes", async () => {
  const whole = linesOf(
    chat(...Array.from({ length: 20_000 }, (_, at) => user(`${at} `.padEnd(1_000, "x")))),
  );
  const broken = `${whole}oops\n`;
  const file = tempSession();
  const found: string[] = [];

  for (let kill = 0; kill < KILLS; kill += 1) {
    writeFileSync(file, broken, { mode: 0o600 });
    const worker = startWorker("repair.js", [file]);
    const isDone = worker.next().then(
      () => "done",
      () => "killed",
    );
    let state = "running";
    void isDone.then((end) => (state = end)); // never rejects
    while (state === "running" && !existsSync(`${file}.repair.tmp`)) await nextTurn();
    await worker.kill();
    found.push(readFileSync(file, "utf8"));
  }

  console.info(
    `${found.filter((content) => content === broken).length} of ${KILLS} were killed before the new file took the place`,
  );
  expect(found.filter((content) => content !== whole && content !== broken)).toEqual([]);
  writeFileSync(file, broken);
  await repair(file, { dryRun: false, backups: 1 });
  expect(readFileSync(file, "utf8")).toBe(whole);
  const left = readdirSync(path.dirname(file)).filter((name) => !name.endsWith(".lock"));
  expect(left.toSorted()).toEqual([
    expect.stringMatching(/^session\.jsonl$/),
    expect.stringMatching(/\.bak-/),
    "session.jsonl.rej",
  ]);
});
