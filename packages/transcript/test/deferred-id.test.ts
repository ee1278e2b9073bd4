import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { SessionManager, validate } from "../src/index.ts";
import type { AgentMessage } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { assistant, calling, chat, linesOf, result, sessionFile, user } from "./session-lines.ts";

test("the id of a message that waits for tool results is the one it will have, and leads to what keeps it", async () => {
  const file = sessionFile(linesOf(chat(user("go"), calling("c1"))));
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const id = session.appendMessage(userMessage("meanwhile"));
    const meanwhile = session.getEntry(id);
    session.appendLabelChange(id, "later");
    session.appendMessage(result("c1") as unknown as AgentMessage);

    expect(meanwhile).toMatchObject({ type: "custom", data: { messageId: id } });
    expect(session.getEntry(id)).toMatchObject({ type: "message", id, message: { role: "user" } });
    expect(session.getLabel(id)).toBe("later");
    expect(session.getBranch().at(-1)?.id).toBe(id);
    session.appendMessage(assistant("done") as unknown as AgentMessage);
    session.branch(id);
    expect(session.getLeafId()).toBe(id);
  });
  expect((await validate(file)).findings).toEqual([]);
});

test("who goes back to a message that waits for tool results goes on behind it", async () => {
  const file = sessionFile(linesOf(chat(user("go"), calling("c1"))));
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const id = session.appendMessage(userMessage("meanwhile"));
    session.branch(id);
    const next = session.appendMessage(userMessage("after"));
    session.appendMessage(result("c1") as unknown as AgentMessage);

    expect(
      session
        .getBranch()
        .slice(-2)
        .map((entry) => entry.id),
    ).toEqual([id, next]);
  });
  expect((await validate(file)).ok).toBe(true);
});
