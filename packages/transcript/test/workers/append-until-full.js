// Appends large messages until the file may not grow any more, then a small one, by one of the two APIs. Arguments: session
// file, bytes per message, "transcript" or "manager".
import { openTranscript, SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";

const [file, bytes, api] = process.argv.slice(2);
const say = (text) => ({ role: "user", content: text, timestamp: 1 });

async function appender() {
  if (api === "transcript") {
    const transcript = await openTranscript(file);
    return { leafNow: () => transcript.leafId, append: (text) => transcript.append(say(text)) };
  }
  const manager = SessionManager.open(file);
  return {
    leafNow: () => manager.getLeafId(),
    // eslint-disable-next-line session-lock/no-stale-session-manager -- that a failed write leaves the instance as it was is what is tested
    append: (text) => withSessionWriteLock(file, () => manager.appendMessage(say(text))),
  };
}

const { leafNow, append } = await appender();
for (let at = 0; ; at += 1) {
  const leaf = leafNow();
  try {
    await append(`large ${at} ${".".repeat(Number(bytes))}`);
    console.log(`ok ${at}`);
  } catch (error) {
    const kept = leafNow() === leaf ? "kept" : "lost";
    await append("small");
    console.log(`${error.code} ${error.errno} leaf ${kept}, small one ok`);
    break;
  }
}
