// Says "ready", waits for a line, then appends until it is killed, 40 MB at the most, saying the name of each acknowledged message.
// Arguments: session file, writer's name, bytes per message.
import { once } from "node:events";
import { openTranscript } from "@session-lock/transcript";

const [file, writer, bytes] = process.argv.slice(2);
/** Where the kill is late, on a busy machine, the session must not grow longer than a string can be. */
const MOST_BYTES = 40_000_000;
const padding = "x".repeat(Number(bytes));
console.log("ready");
await once(process.stdin, "data");
const transcript = await openTranscript(file, { durability: "os" });
for (let at = 0; at * padding.length < MOST_BYTES; at += 1) {
  await transcript.append({ role: "user", content: `${writer}.${at}|${padding}`, timestamp: 1 });
  console.log(`${writer}.${at}`);
}
process.stdin.resume();
