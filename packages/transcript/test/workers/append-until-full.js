// Appends large messages until the file may not grow any more, then a small one. Arguments: session file, bytes per message.
import { openTranscript } from "@session-lock/transcript";

const [file, bytes] = process.argv.slice(2);
const say = (text) => ({ role: "user", content: text, timestamp: 1 });
const transcript = await openTranscript(file);
for (let at = 0; ; at += 1) {
  const leaf = transcript.leafId;
  try {
    await transcript.append(say(`large ${at} ${".".repeat(Number(bytes))}`));
    console.log(`ok ${at}`);
  } catch (error) {
    await transcript.append(say("small"), { expectedLeaf: leaf });
    console.log(`${error.code} ${error.errno} leaf kept, small one ok`);
    break;
  }
}
