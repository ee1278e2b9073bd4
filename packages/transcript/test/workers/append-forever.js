// Appends until it is killed, saying the name of each acknowledged message.
// Arguments: session file, writer's name, bytes per message.
import { openTranscript } from "@session-lock/transcript";

const [file, writer, bytes] = process.argv.slice(2);
const padding = "x".repeat(Number(bytes));
const transcript = await openTranscript(file);
for (let at = 0; ; at += 1) {
  await transcript.append({ role: "user", content: `${writer} ${at}|${padding}`, timestamp: Date.now() });
  console.log(`${writer} ${at}`);
}
