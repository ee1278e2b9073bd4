import { cpSync, mkdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { Crowd, soon } from "./support/crowd.ts";
import { Driver } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";

const size = 16;
const rounds = 200;

test(`${size} processes that find one dead lock at the same instant never both get it, in ${rounds} rounds`, async () => {
  const dead = await lockOfDeadProcess();
  const folder = tempFolder();
  await using crowd = await Crowd.gather(size);
  const winners: number[] = [];

  for (let round = 0; round < rounds; round += 1) {
    const sessionFile = path.join(folder, `${round}.jsonl`);
    cpSync(dead, `${sessionFile}.lock`, { recursive: true });
    const got = await crowd.all("tryOurs", { sessionFile, at: soon() });
    winners.push(got.filter(Boolean).length);
    await crowd.all("letGo");
  }

  expect(winners).toEqual(Array.from({ length: rounds }, () => 1));
}, 600_000);

test("the control: plain proper-lockfile lets two of them in", async () => {
  const folder = tempFolder();
  await using crowd = await Crowd.gather(size);
  let most = 0;

  for (let round = 0; round < rounds && most < 2; round += 1) {
    const sessionFile = path.join(folder, `${round}.jsonl`);
    mkdirSync(`${sessionFile}.lock`);
    utimesSync(`${sessionFile}.lock`, 1, 1);
    const got = await crowd.all("tryPlain", { sessionFile, at: soon() });
    most = Math.max(most, got.filter(Boolean).length);
    await crowd.all("letGo");
  }

  expect(most).toBeGreaterThanOrEqual(2);
}, 600_000);

/** A lock folder as a killed holder leaves it. */
async function lockOfDeadProcess(): Promise<string> {
  const sessionFile = tempSession();
  await using holder = await Driver.start();
  await holder.ask("acquire", { sessionFile, engine: "lockfile" });
  await holder.kill();
  return `${sessionFile}.lock`;
}
