import path from "node:path";
import { openSessionStore, openTranscript } from "@session-lock/transcript";

const NO_COST = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
const USAGE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0, cost: NO_COST };

/** A session of so many messages of about half a kilobyte. */
export async function writeLongSession(stateDir, sessionKey, count) {
  const store = openSessionStore(path.join(stateDir, "agents", "main", "sessions"));
  const { sessionId, sessionFile } = await store.ensure(sessionKey);
  await using transcript = await openTranscript(sessionFile, { create: { sessionId } });
  for (let at = 0; at < count; at += 500) {
    const items = Array.from({ length: Math.min(500, count - at) }, (_, index) => messageAt(at + index));
    await transcript.appendMany(items);
  }
}

function messageAt(at) {
  const content = [{ type: "text", text: `message ${at} ${"words ".repeat(60)}` }];
  const timestamp = 1_700_000_000_000 + at * 1_000;
  if (at % 2 === 0) return { message: { role: "user", content, timestamp } };
  const model = { api: "bench", provider: "bench", model: "bench", usage: USAGE, stopReason: "stop" };
  return { message: { role: "assistant", content, ...model, timestamp } };
}
