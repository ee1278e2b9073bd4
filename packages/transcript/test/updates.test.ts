import { withSessionWriteLock } from "session-lock";
import { expect, test, vi } from "vitest";
import { onSessionTranscriptUpdate, openTranscript, SessionManager } from "../src/index.ts";
import type { SessionTranscriptUpdate } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

test("every append of the process is reported once, when it is on disk, in order", async () => {
  const file = tempSession();
  const heard: { readonly update: SessionTranscriptUpdate; readonly onDisk: number }[] = [];
  const stop = onSessionTranscriptUpdate((update) =>
    heard.push({ update, onDisk: readRaw(file).entries.length }),
  );
  await using transcript = await openTranscript(file);

  const one = await transcript.append(userMessage("one"), { idempotencyKey: "k" });
  await transcript.append(userMessage("one"), { idempotencyKey: "k" });
  const many = await transcript.appendMany([{ message: assistantMessage("two") }, { customType: "x" }]);
  const id = await withSessionWriteLock(file, () =>
    SessionManager.open(file).appendMessage(userMessage("three")),
  );
  stop();
  await transcript.append(userMessage("unheard"));

  const { sessionId } = transcript;
  expect(heard).toEqual([
    { update: { sessionFile: file, sessionId, entries: [one.entry] }, onDisk: 1 },
    { update: { sessionFile: file, sessionId, entries: many.map(({ entry }) => entry) }, onDisk: 3 },
    { update: { sessionFile: file, sessionId, entries: [expect.objectContaining({ id })] }, onDisk: 4 },
  ]);
});

test("a listener that throws fails neither the append nor the other listeners", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const heard: unknown[] = [];
  const stops = [
    onSessionTranscriptUpdate(() => {
      throw new Error("listener is broken");
    }),
    onSessionTranscriptUpdate((update) => heard.push(update)),
  ];
  await using transcript = await openTranscript(tempSession());

  await transcript.append(userMessage("one"));
  for (const stop of stops) stop();

  expect(heard).toHaveLength(1);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: "listener is broken" }));
  warn.mockRestore();
});
