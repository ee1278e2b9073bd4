// Appends messages to one session. Arguments: session file, "transcript" | "manager", writer's name, how many.
// Says "ready", waits for a line, appends, says each acknowledged text.
import { once } from "node:events";
import { openTranscript, SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";

const [file, api, writer, count] = process.argv.slice(2);
const message = (text) => ({ role: "user", content: [{ type: "text", text }], timestamp: Date.now() });
const patient = { timeoutMs: 60_000 };

async function appender() {
  if (api === "transcript") {
    const transcript = await openTranscript(file, { lockTimeoutMs: patient.timeoutMs });
    return (text) => transcript.append(message(text));
  }
  const session = SessionManager.open(file);
  // eslint-disable-next-line session-lock/no-stale-session-manager -- that an instance opened before does not fork is what is tested
  return (text) => withSessionWriteLock(file, () => session.appendMessage(message(text)), patient);
}

const append = await appender();
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
for (let at = 0; at < Number(count); at += 1) {
  await append(`${writer} ${at}`);
  console.log(`${writer} ${at}`);
}
