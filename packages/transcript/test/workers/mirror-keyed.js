// Mirrors texts under keys that its siblings use too, and says where each is. Arguments: store folder, session key, writer's name,
// how many. Says "ready", waits for a line.
import { once } from "node:events";
import { appendAssistantMessageToSessionTranscript } from "@session-lock/transcript";

const [storePath, sessionKey, writer, count] = process.argv.slice(2);
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
for (let at = 0; at < Number(count); at += 1) {
  const mirror = { sessionKey, storePath, text: `${writer} ${at}`, idempotencyKey: `delivery-${at}` };
  const result = await appendAssistantMessageToSessionTranscript(mirror);
  console.log(result.ok ? result.messageId : result.reason);
}
