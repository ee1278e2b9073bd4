// Sessions to measure on: as pi writes them, about 1 KB a line.
import { randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

const usage = {
  input: 1,
  output: 2,
  cacheRead: 3,
  cacheWrite: 4,
  totalTokens: 10,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};
const words = 'a line of text, as "they" come\n'.repeat(20);

export function messageAt(at) {
  const content = [{ type: "text", text: `${at} ${words}` }];
  const timestamp = 1_700_000_000_000 + at;
  if (at % 2 === 0)
    return { role: "user", content: [...content, { type: "text", text: words.slice(0, 250) }], timestamp };
  const model = { api: "anthropic-messages", provider: "anthropic", model: "m1" };
  return { role: "assistant", content, ...model, usage, stopReason: "stop", timestamp };
}

/** As an entry that is appended by hand. */
export function entryAround(message) {
  const id = randomUUID();
  return { type: "message", id, parentId: "00000000", timestamp: new Date().toISOString(), message };
}

export function entryAt(at) {
  const idOf = (place) => place.toString(16).padStart(8, "0");
  return {
    type: "message",
    id: idOf(at),
    parentId: at === 0 ? null : idOf(at - 1),
    timestamp: new Date(1_700_000_000_000 + at).toISOString(),
    message: messageAt(at),
  };
}

export function writeSession(file, count, version = 3) {
  const fd = openSync(file, "w", 0o600);
  const header = { type: "session", version, id: "bench", timestamp: new Date().toISOString(), cwd: "/w" };
  let lines = `${JSON.stringify(header)}\n`;
  for (let at = 0; at < count; at += 1) {
    lines += `${JSON.stringify(entryAt(at))}\n`;
    if (lines.length < 1 << 20 && at < count - 1) continue;
    writeSync(fd, lines);
    lines = "";
  }
  closeSync(fd);
}
