// Counts up one field of a session record by compare and swap: it reads the record, takes its time, and writes only if
// the field's group is as it was. Says the groups of each conflict, and tries again.
// Arguments: store folder, session key, field, how many times. Says "ready", waits for a line.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { openSessionStore } from "@session-lock/transcript";

const [storePath, sessionKey, field, count] = process.argv.slice(2);
const store = openSessionStore(storePath);
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
for (let done = 0; done < Number(count);) {
  const expectedRecord = await store.get(sessionKey);
  await delay(1);
  try {
    const patch = { [field]: (expectedRecord[field] ?? 0) + 1 };
    await store.update(sessionKey, () => patch, { expectedRecord, timeoutMs: 60_000 });
    done += 1;
  } catch (error) {
    if (error.code !== "CONFLICT") throw error;
    console.log(error.groups.join());
  }
}
