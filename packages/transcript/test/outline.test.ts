import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { outlineOf, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";

test("an outline shows the branch straight down, what was left beside it, and the newest labels", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const first = session.appendMessage(userMessage("first question"));
    session.appendMessage(assistantMessage("left answer"));
    session.branch(first);
    session.appendMessage(assistantMessage("kept answer"));
    session.appendLabelChange(first, "old");
    session.appendLabelChange(first, "start here");
  });
  const session = SessionManager.open(file);

  const { rows, omitted } = outlineOf(session.getEntries(), session.getBranch());

  expect(omitted).toBe(0);
  expect(
    rows
      .slice(0, 3)
      .map(({ lines, kind, text, label, isOnBranch }) => [lines, kind, text, label, isOnBranch]),
  ).toEqual([
    ["", "user", "first question", "start here", true],
    ["├─ ", "assistant", "left answer", undefined, false],
    ["", "assistant", "kept answer", undefined, true],
  ]);
});

test("an outline of a long session shows its newest entries, and cuts no character in two", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    for (const number of [1, 2, 3, 4]) session.appendMessage(userMessage(`${number}: ${"😀".repeat(10)}`));
  });
  const session = SessionManager.open(file);

  const outline = outlineOf(session.getEntries(), session.getBranch(), { maxRows: 2, maxChars: 7 });

  expect(outline.omitted).toBe(2);
  expect(outline.rows.map(({ text }) => text)).toEqual(["3: 😀…", "4: 😀…"]);
});
