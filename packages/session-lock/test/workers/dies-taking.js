// Takes a lock and is killed in the middle of it, right after it has made the lock folder.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [sessionFile] = process.argv.slice(2);
const { mkdirSync } = fs;
fs.mkdirSync = (folder, ...given) => {
  mkdirSync(folder, ...given);
  process.kill(process.pid, "SIGKILL");
};
syncBuiltinESMExports();
const { acquireSessionWriteLock } = await import("session-lock");
await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
