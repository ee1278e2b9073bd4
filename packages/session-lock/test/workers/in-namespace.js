// Holds the lock of a lock folder while another process of its pid namespace tries to get it; prints whether that one did.
import { spawnSync } from "node:child_process";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";

const [sessionFile, role] = process.argv.slice(2);
const options = { sessionFile, engine: "lockfile" };
if (role === "second") console.log(tryAcquireSessionWriteLock(options) === undefined ? "kept out" : "let in");
else {
  const lock = await acquireSessionWriteLock(options);
  spawnSync(process.execPath, [process.argv[1], sessionFile, "second"], { stdio: "inherit" });
  await lock.release();
}
