// Takes a lock and prints, in order, the calls by which its record came to the disk.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [sessionFile, engine] = process.argv.slice(2);
const calls = [];
for (const name of ["writeSync", "fsyncSync", "linkSync"]) {
  const call = fs[name];
  fs[name] = (...given) => {
    calls.push(name);
    return call(...given);
  };
}
syncBuiltinESMExports();
const { acquireSessionWriteLock } = await import("session-lock");
const lock = await acquireSessionWriteLock({ sessionFile, engine });
const noted = JSON.stringify(calls);
await lock.release();
process.stdout.write(noted);
