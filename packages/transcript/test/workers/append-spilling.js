// Appends messages until one of them is spilled, then some more, and says each one's text and placement; then waits to be
// killed. Arguments: session file, folder for the spill file, bytes per message.
import { openTranscript } from "@session-lock/transcript";

const [file, folder, bytes] = process.argv.slice(2);
const padding = ".".repeat(Number(bytes));
const transcript = await openTranscript(file, { spill: { folder } });
let spilled = 0;
for (let at = 0; spilled < 3; at += 1) {
  const message = { role: "user", content: `#${at} ${padding}`, timestamp: 1 };
  const { placement } = await transcript.append(message, { idempotencyKey: `key ${at}` });
  spilled += Number(placement === "spilled");
  console.log(`#${at} ${placement}`);
}
console.log(transcript.degraded ? "degraded" : "home");
setInterval(() => undefined, 1_000);
