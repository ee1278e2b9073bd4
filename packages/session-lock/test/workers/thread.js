// A worker thread that takes a lock, says so, and lets go when told.
import { parentPort, workerData } from "node:worker_threads";
import { acquireSessionWriteLock } from "session-lock";

const lock = await acquireSessionWriteLock({ ...workerData, timeoutMs: 60_000 });
parentPort.postMessage("held");
parentPort.once("message", async () => {
  await lock.release();
  parentPort.postMessage("released");
});
