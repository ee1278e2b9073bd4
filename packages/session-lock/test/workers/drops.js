// Takes a lock, forgets it, and has the garbage collected (run with --expose-gc).
import { setTimeout as delay } from "node:timers/promises";
import { acquireSessionWriteLock } from "session-lock";

const [sessionFile] = process.argv.slice(2);
process.once("warning", ({ name, code, message, detail }) => {
  process.send({ name, code, message, detail });
  process.disconnect();
});

async function takeAndForget() {
  await acquireSessionWriteLock({ sessionFile, purpose: "forgotten" });
}

await takeAndForget();
while (process.connected) {
  await delay(20);
  globalThis.gc();
}
