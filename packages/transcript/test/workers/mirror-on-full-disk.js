// Fills the session of a key until its disk takes nothing more, then mirrors a text twice under one key, and says what came
// of it. Arguments: store, session key; with a third one nothing may be spilled.
import {
  appendAssistantMessageToSessionTranscript,
  openSessionStore,
  openTranscript,
} from "@session-lock/transcript";

const [storePath, sessionKey, spill] = process.argv.slice(2);
const { sessionFile, sessionId } = await openSessionStore(storePath).ensure(sessionKey);
const transcript = await openTranscript(sessionFile, { expectedSessionId: sessionId });
for (const bytes of [9_000, 1]) {
  const message = { role: "user", content: ".".repeat(bytes), timestamp: 1 };
  const append = () => transcript.append(message).then(append, ({ errno }) => console.log(errno));
  await append();
}
for (let turn = 0; turn < 2; turn += 1) {
  const mirror = { storePath, sessionKey, text: "delivered", idempotencyKey: "delivery 1" };
  const keep = spill === undefined ? {} : { spill: false };
  console.log(JSON.stringify(await appendAssistantMessageToSessionTranscript({ ...mirror, ...keep })));
}
