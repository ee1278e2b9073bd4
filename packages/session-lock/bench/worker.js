// One process of a contended measurement: takes the lock, does a small read-modify-write, releases, again and again.
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { peers } from "./peers.js";

const [peer, file] = process.argv.slice(2);
const acquire = await peers[peer](file);
// Start-up is not what is measured: neither that of a lock that is free, nor that of one which others want too.
const warm = { file: `${file}.warm`, acquire: await peers[peer](`${file}.warm`) };
const alone = await peers[peer](`${file}.${process.pid}`);
for (let round = 0; round < 100; round += 1) await (await alone())();

process.on("message", async (job) => {
  process.send(job.hold ? await hold() : await work(job));
});
process.on("disconnect", () => process.exit());
process.send("ready");

async function work({ warmUp, tasks, times, thinkMs }) {
  const lock = warmUp ? warm : { file, acquire };
  const counter = openSync(`${lock.file}.count`, "r+");
  const waits = [];
  let refused = 0;
  const task = async () => {
    for (let done = 0; done < times; done += 1) {
      const asked = performance.now();
      const release = await lock.acquire();
      if (release === undefined) refused += 1;
      else {
        waits.push(performance.now() - asked);
        await increment(counter);
        await release();
      }
      if (thinkMs > 0) await delay(thinkMs);
    }
  };
  await Promise.all(Array.from({ length: tasks }, task));
  closeSync(counter);
  return { waits, refused };
}

const digits = Buffer.alloc(10);

/** Loses an update whenever two are inside at once. */
async function increment(counter) {
  readSync(counter, digits, 0, digits.length, 0);
  const value = Number(digits.toString());
  await new Promise(setImmediate);
  writeSync(counter, String(value + 1).padStart(digits.length), 0);
}

async function hold() {
  await acquire();
  return "held";
}
