// Takes a lock, forgets it, waits until it is lost if it may be held for a limited time only, and then has the
// garbage collected (run with --expose-gc).
import diagnosticsChannel from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { acquireSessionWriteLock } from "session-lock";

const [sessionFile, maxHoldMs] = process.argv.slice(2);
let isLost = maxHoldMs === undefined;
diagnosticsChannel.subscribe("session-lock:lost", () => (isLost = true));
process.once("warning", ({ name, code, message, detail }) => {
  process.send({ name, code, message, detail });
  process.disconnect();
});

async function takeAndForget() {
  await acquireSessionWriteLock({
    sessionFile,
    purpose: "forgotten",
    ...(maxHoldMs && { maxHoldMs: Number(maxHoldMs) }),
  });
}

await takeAndForget();
while (process.connected) {
  await delay(20);
  if (isLost) globalThis.gc();
}
