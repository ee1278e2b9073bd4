// Appends one message under a key and says its entry id. Arguments: session file, key.
import { openTranscript } from "@session-lock/transcript";

const [file, idempotencyKey] = process.argv.slice(2);
await using transcript = await openTranscript(file);
const { entry } = await transcript.append(
  { role: "user", content: "keyed", timestamp: 1 },
  { idempotencyKey },
);
console.log(entry.id);
