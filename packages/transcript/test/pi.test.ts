import { writeFileSync } from "node:fs";
import { SessionManager as NewPiSessionManager } from "@earendil-works/pi-coding-agent";
import { SessionManager as PiSessionManager } from "@mariozechner/pi-coding-agent";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { newestPi } from "./newest-pi.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

const NEWER = [["0.87.1", NewPiSessionManager] as const, ...(await newestPi())];

const pi = (text: string) => ({
  role: "user" as const,
  content: [{ type: "text" as const, text }],
  timestamp: 1,
});

test("pi 0.73.1 reads what we write and goes on, and we read it back", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"), { idempotencyKey: "k1" });
  await transcript.append(assistantMessage("two"));
  await transcript.appendCustom("session-lock.input", { text: "x" });

  const seen = PiSessionManager.open(file).getEntries();
  await withSessionWriteLock(file, () => {
    const session = PiSessionManager.open(file);
    session.appendMessage(pi("three"));
    session.appendMessage(assistantMessage("four"));
    session.appendModelChange("p", "m");
  });
  await transcript.append(userMessage("five"));

  expect(seen).toHaveLength(3);
  expect(readRaw(file)).toMatchObject({
    forks: 0,
    headers: 1,
    visible: ["one", "two", "three", "four", "five"],
  });
  expect(PiSessionManager.open(file).getBranch()).toEqual(await transcript.branch());
});

test("we read what pi 0.73.1 writes and go on, and pi reads it back", async () => {
  const session = PiSessionManager.create("/w", tempFolder());
  const one = session.appendMessage(pi("one"));
  session.appendMessage(assistantMessage("two"));
  session.appendLabelChange(one, "start");
  session.appendCustomMessageEntry("ext", "three", true, { a: 1 });
  session.appendThinkingLevelChange("high");
  session.appendSessionInfo("name");
  const file = session.getSessionFile() ?? "";

  const ours = SessionManager.open(file);
  await withSessionWriteLock(file, () => {
    ours.appendMessage(userMessage("four"));
    ours.appendCompaction("so far", one, 10);
    ours.appendMessage(assistantMessage("five"));
  });

  const theirs = PiSessionManager.open(file);
  expect(readRaw(file)).toMatchObject({ forks: 0, headers: 1, visible: ["one", "two", "four", "five"] });
  expect(ours.getEntries()).toEqual(theirs.getEntries());
  expect(ours.getBranch()).toEqual(theirs.getBranch());
  expect(ours.buildSessionContext()).toEqual(theirs.buildSessionContext());
  expect(ours.getTree()).toEqual(theirs.getTree().map(withoutUndefined));
  expect(ours.getLabel(one)).toBe(theirs.getLabel(one));
  expect(ours.getSessionName()).toBe(theirs.getSessionName());
  expect(ours.getSessionId()).toBe(theirs.getSessionId());
});

test.each(NEWER)(
  "pi %s and we write one session by turns, with what is new in it, and both read it alike",
  async (_, NewPi) => {
    const theirs = NewPi.create("/w", tempFolder(), { id: "ours-and-theirs" });
    const one = theirs.appendMessage(pi("one"));
    theirs.appendMessage(assistantMessage("two"));
    theirs.appendContextEdit(one, { content: "edited" });
    theirs.appendMessage({ role: "system", content: "be kind", timestamp: 1 });
    const file = theirs.getSessionFile() ?? "";

    const ours = SessionManager.open(file);
    await withSessionWriteLock(file, () => {
      ours.appendUsage("title", "p", "m", assistantMessage("").usage, "a note");
      const kept = ours.appendMessage(userMessage("three"));
      ours.appendCompaction("so far", kept, 10, undefined, undefined, assistantMessage("").usage);
      NewPi.open(file).appendMessage(assistantMessage("four"));
      ours.appendContextEdit(kept, null);
      ours.appendMessage(userMessage("five"));
    });

    const reread = NewPi.open(file);
    expect(readRaw(file)).toMatchObject({ forks: 0, headers: 1 });
    expect(ours.getSessionId()).toBe("ours-and-theirs");
    expect(ours.getEntries()).toEqual(reread.getEntries());
    expect(ours.buildSessionProjection()).toEqual(reread.buildSessionProjection());
    expect(ours.buildSessionContext().messages).toMatchObject([
      { role: "system", content: "be kind" },
      { role: "compactionSummary" },
      { role: "assistant", content: [{ text: "four" }] },
      { role: "user", content: [{ text: "five" }] },
    ]);
  },
);

test("a session that pi 0.73.1 wrote twice over is one chain to us", async () => {
  // pi 0.73.1 writes header and entries again with the first assistant message of a session that had none.
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  await withSessionWriteLock(file, () => {
    const theirs = PiSessionManager.open(file);
    theirs.appendModelChange("p", "m");
    theirs.appendMessage(assistantMessage("two"));
  });
  await transcript.append(userMessage("three"));

  expect(readRaw(file).headers).toBe(2);
  const entries = await transcript.entries();
  expect(entries.map(({ type }) => type)).toEqual(["message", "model_change", "message", "message"]);
  expect(await transcript.branch()).toEqual(entries);
});

test("a session of version 1 reads as pi 0.73.1 migrates it", () => {
  const file = tempSession();
  const copy = tempSession();
  const text =
    '{"type":"session","id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n' +
    '{"type":"message","timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}\n' +
    '{"type":"message","timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"hookMessage","customType":"h","content":"two","display":true,"timestamp":2}}\n' +
    '{"type":"compaction","timestamp":"2025-01-01T00:00:03.000Z","summary":"so far","firstKeptEntryIndex":2,"tokensBefore":9}\n';
  writeFileSync(file, text);
  writeFileSync(copy, text);

  const ours = SessionManager.open(file).buildSessionContext();

  expect(ours.messages).toHaveLength(2);
  expect(ours).toEqual(PiSessionManager.open(copy).buildSessionContext());
});

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
