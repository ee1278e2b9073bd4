// Follows a session without the lock, and counts: says "whole" or "torn" with the name for each entry that comes.
// Arguments: session file, bytes per message.
import { openTranscript } from "@session-lock/transcript";

const [file, bytes] = process.argv.slice(2);
const padding = "x".repeat(Number(bytes));
const transcript = await openTranscript(file, { create: false });
console.log("ready");
for await (const { entry } of transcript.tail()) {
  const { content } = entry.message;
  const [name] = content.split("|");
  console.log(`${content === `${name}|${padding}` ? "whole" : "torn"} ${name}`);
}
