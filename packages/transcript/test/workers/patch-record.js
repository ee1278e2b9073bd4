// Counts up one field of a session record, and a total that all writers share.
// Arguments: store folder, session key, field, how many times. Says "ready", waits for a line.
import { once } from "node:events";
import { openSessionStore } from "@session-lock/transcript";

const [storePath, sessionKey, field, count] = process.argv.slice(2);
const store = openSessionStore(storePath);
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
for (let at = 0; at < Number(count); at += 1) {
  await store.update(sessionKey, (record) => ({
    [field]: (record[field] ?? 0) + 1,
    total: (record.total ?? 0) + 1,
  }));
}
