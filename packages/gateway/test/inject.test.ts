import { appendAssistantMessageToSessionTranscript } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { forkPoints, readEntries, sessionFileOf, textOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

test("a note put in while a run streams is on the branch and in the history before the run ends", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("working");
  await client.chat((event) => event.state === "delta");
  const { messageId } = await client.request("chat.inject", {
    sessionKey: "main",
    message: "a note",
    label: "desk",
  });
  const during = await client.request("chat.history", { sessionKey: "main" });
  run.finish();
  await client.terminal("run-1");
  const after = await client.request("chat.history", { sessionKey: "main" });

  const note = { role: "assistant", model: "gateway-injected", content: [{ text: "[desk]\n\na note" }] };
  expect(during).toMatchObject({
    messages: [{ role: "user" }, { ...note, __openclaw: { id: messageId } }],
    sessionInfo: { activeRunIds: ["run-1"] },
  });
  expect(after).toMatchObject({ messages: [{ role: "user" }, note, { content: [{ text: "working" }] }] });
  expect(client.chatsOf(`inject-${String(messageId)}`)).toMatchObject([
    { state: "final", seq: 0, message: note },
  ]);
});

test("a note into a session that does not exist is refused", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const inject = client.request("chat.inject", { sessionKey: "agent:main:nowhere", message: "note" });

  await expect(inject).rejects.toMatchObject({ code: "INVALID_REQUEST", message: "session not found" });
});

test("twenty notes and ten mirrors during runs are all on the active branch, and nothing forks", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const storePath = storePathOf(dir.path);
  const notes = Array.from({ length: 20 }, (_item, index) => `note ${index}`);
  const mirrors = Array.from({ length: 10 }, (_item, index) => `mirror ${index}`);
  const runs = ["run-1", "run-2", "run-3"];

  await Promise.all(runs.map((runId) => client.send("main", `slow: ${runId}`, runId)));
  await client.chat((event) => event.state === "delta");
  const writes = await Promise.all([
    ...notes.map((message) => client.request("chat.inject", { sessionKey: "main", message })),
    ...mirrors.map((text) =>
      appendAssistantMessageToSessionTranscript({ sessionKey: MAIN, text, storePath, idempotencyKey: text }),
    ),
  ]);
  await Promise.all(runs.map((runId) => client.terminal(runId)));

  expect(writes.map((write) => "ok" in write && write.ok)).toEqual(writes.map(() => true));
  const entries = await readEntries(await sessionFileOf(dir.path, MAIN));
  expect(forkPoints(entries)).toEqual([]);
  // Without forks the file order is the branch: every parent is the line before.
  expect(entries.map((entry) => entry.parentId)).toEqual([
    null,
    ...entries.slice(0, -1).map((entry) => entry.id),
  ]);
  const texts = entries.flatMap((entry) => (entry.type === "message" ? [textOf(entry.message)] : []));
  const expected = [...notes, ...mirrors, ...runs.flatMap((run) => [`slow: ${run}`, `echo: slow: ${run}`])];
  expect(texts.toSorted()).toEqual(expected.toSorted());
  const history = await client.request("chat.history", { sessionKey: "main", limit: 1000 });
  expect(history).toMatchObject({ totalMessages: expected.length, hasMore: false });
});

test("whoever asked to be told hears of a mirror that another part of the program writes", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");

  await client.request("sessions.subscribe");
  await appendAssistantMessageToSessionTranscript({
    sessionKey: MAIN,
    text: "delivered",
    storePath: storePathOf(dir.path),
    idempotencyKey: "delivery-1",
  });
  const changed = await client.event("sessions.changed");

  expect(changed.payload).toMatchObject({ sessionKey: MAIN });
});

test("whoever asked to be told hears that a session has another name", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.subscribe");

  await client.request("sessions.patch", { key: "main", label: "the first" });
  const changed = await client.event("sessions.changed");

  expect(changed.payload).toMatchObject({ sessionKey: MAIN, reason: "patch" });
});
