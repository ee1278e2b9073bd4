// Mirrors texts into a session key, several at once, until its standard input ends. Says each acknowledged text and where it is.
// Arguments: store folder, session key, writer's name, how many at once.
import { appendAssistantMessageToSessionTranscript } from "@session-lock/transcript";

const [storePath, sessionKey, writer, lanes] = process.argv.slice(2);
const input = { isOpen: true };
process.stdin.on("end", () => (input.isOpen = false)).resume();

async function mirrorOn(lane) {
  for (let at = 0; input.isOpen; at += 1) {
    const text = `${writer}.${lane}.${at}`;
    const result = await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text });
    if (result.ok) console.log(JSON.stringify({ text, file: result.sessionFile }));
    else if (!result.reason.startsWith("unknown sessionKey")) throw new Error(result.reason);
  }
}

console.log("ready");
await Promise.all(Array.from({ length: Number(lanes) }, (_, lane) => mirrorOn(lane)));
