// Lets a session key stand for another session, round after round: by a new binding, or by deleting the key and making it
// again. Says each transcript that the key was taken from, and how long it was at that instant.
// Arguments: store folder, session key, rounds, bytes that a transcript has to have before its key is taken from it.
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openSessionStore } from "@session-lock/transcript";

const [storePath, sessionKey, rounds, bytes] = process.argv.slice(2);
const store = openSessionStore(storePath);
const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

for (let round = 0; round < Number(rounds); round += 1) {
  const { sessionFile } = await store.ensure(sessionKey);
  while (sizeOf(sessionFile) < Number(bytes)) await nextTurn();
  if (round % 2 === 0) await store.delete(sessionKey, { timeoutMs: 60_000 });
  else await store.update(sessionKey, () => ({ sessionId: randomUUID() }), { timeoutMs: 60_000 });
  console.log(JSON.stringify({ file: sessionFile, size: sizeOf(sessionFile) }));
}
