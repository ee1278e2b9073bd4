// Mirrors a text into a session whose file may not grow any more, and says what came of it. Arguments: store, session key.
import { appendAssistantMessageToSessionTranscript } from "@session-lock/transcript";

const [storePath, sessionKey] = process.argv.slice(2);
const mirror = { storePath, sessionKey, text: "delivered", idempotencyKey: "delivery 1" };
console.log(JSON.stringify(await appendAssistantMessageToSessionTranscript(mirror)));
