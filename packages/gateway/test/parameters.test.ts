import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const MAIN = "agent:main:main";

async function leafOf(client: TestClient): Promise<{ leaf: string; sessionId: unknown }> {
  const { sessionInfo, sessionId } = await client.request("chat.history", { sessionKey: "main" });
  return { leaf: (sessionInfo as { activeLeafEntryId: string }).activeLeafEntryId, sessionId };
}

test("a message for an expected leaf is taken only while it is the leaf, and steering does not ask", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const send = (runId: string, more: object): Promise<object> =>
    client.request("chat.send", { sessionKey: "main", message: runId, idempotencyKey: runId, ...more });
  const refused = { code: "INVALID_REQUEST", details: { reason: "active-leaf-changed" } };

  await send("run-1", { expectedLeafEntryId: null });
  await client.terminal("run-1");
  const { leaf, sessionId } = await leafOf(client);
  await expect(send("run-2", { expectedLeafEntryId: null })).rejects.toMatchObject(refused);
  await send("run-2", { expectedLeafEntryId: leaf });
  await client.terminal("run-2");
  await expect(send("run-3", { expectedLeafEntryId: leaf })).rejects.toMatchObject(refused);
  const repeated = await send("run-2", { expectedLeafEntryId: leaf });
  await send("run-4", { expectedLeafEntryId: leaf, queueMode: "steer" });
  await client.terminal("run-4");
  await send("run-5", { expectedLeafEntryId: leaf, sessionId });
  await client.terminal("run-5");
  await expect(send("run-6", { expectedLeafEntryId: "elsewhere", sessionId })).rejects.toMatchObject(refused);
  await expect(send("run-6", { expectedLeafEntryId: leaf, sessionId: "another" })).rejects.toMatchObject(
    refused,
  );
  const history = JSON.stringify(await client.request("chat.history", { sessionKey: "main" }));

  expect(repeated).toMatchObject({ runId: "run-2", status: "ok" });
  expect(["run-3", "run-6"].filter((runId) => history.includes(runId))).toEqual([]);
});

test("of two sends at the same time that expect the same leaf one is taken", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const sends = ["run-1", "run-2", "run-3"].map((runId) =>
    client.request("chat.send", {
      sessionKey: "main",
      message: runId,
      idempotencyKey: runId,
      expectedLeafEntryId: null,
    }),
  );
  const outcomes = await Promise.allSettled(sends);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
});

test("a stop text is a message when commands are not to be interpreted", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.request("chat.send", {
    sessionKey: "main",
    message: "/stop",
    idempotencyKey: "run-1",
    suppressCommandInterpretation: true,
    replyToId: "some-entry",
    fastMode: "auto",
    originatingChannel: "webchat",
  });

  expect(await client.terminal("run-1")).toMatchObject({
    state: "final",
    message: { content: [{ text: "echo: /stop" }] },
  });
});

test("a session that clients archive, pin or forbid to write to is so for all of them", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("desk", "hello", "run-1");
  await client.terminal("run-1");
  await client.send("other", "hello", "run-2");
  await client.terminal("run-2");

  const kept = { archived: true, pinned: true, color: "blue", verboseLevel: "on", sendPolicy: "deny" };
  await client.request("sessions.patch", { key: "desk", ...kept, elevatedLevel: "full", unread: true });
  const keys = async (params: object): Promise<unknown> => {
    const { sessions } = await client.request("sessions.list", params);
    return (sessions as { key: string }[]).map(({ key }) => key);
  };

  expect(await keys({ sortBy: "lastInteractionAt", includePeople: true })).toEqual(["agent:main:other"]);
  expect(await keys({ archived: true })).toEqual(["agent:main:desk"]);
  expect(await keys({ archived: "all" })).toHaveLength(2);
  expect(await keys({ spawnedBy: "agent:main:other" })).toEqual([]);
  const { session } = await client.request("sessions.describe", { key: "desk" });
  expect(session).toMatchObject(kept);
  expect(session).not.toHaveProperty("elevatedLevel");
  await expect(client.send("desk", "hello", "run-3")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await client.request("sessions.patch", { key: "desk", sendPolicy: null });
  expect(await client.send("desk", "hello", "run-3")).toMatchObject({ status: "started" });
});

test("a session that is forbidden to write to answers keys that it knows, and takes nothing new over HTTP either", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("desk", "hello", "run-1");
  await client.terminal("run-1");
  const ask = async (sessionKey: string, idempotencyKey: string): Promise<number> => {
    const answer = await fetch(`${gateway.url}v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-session-key": sessionKey,
        "idempotency-key": idempotencyKey,
      },
      body: JSON.stringify({ messages: ["assistant", "user"].map((role) => ({ role, content: "hello" })) }),
    });
    await answer.text();
    return answer.status;
  };
  for (const key of ["desk", "empty"]) await client.request("sessions.patch", { key, sendPolicy: "deny" });

  const again = await client.send("desk", "hello", "run-1");
  const statuses = [await ask("desk", "run-1"), await ask("desk", "run-2"), await ask("empty", "run-3")];

  expect(again).toEqual({ runId: "run-1", status: "ok" });
  expect(statuses).toEqual([200, 400, 400]);
  await expect(
    client.request("agent", { sessionKey: "desk", message: "hello", idempotencyKey: "run-4" }),
  ).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  expect(await client.request("chat.history", { sessionKey: "empty" })).toMatchObject({ totalMessages: 0 });
  expect(await client.request("chat.history", { sessionKey: "desk" })).toMatchObject({ totalMessages: 2 });
});

test("a session is not deleted or changed in the place of the one that is meant", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "desk", label: "desk" });
  const { sessions } = await client.request("sessions.list");
  const [{ sessionId, updatedAt }] = sessions as [{ sessionId: string; updatedAt: number }];
  const refuse = async (method: string, params: object): Promise<void> => {
    const call = client.request(method, { key: "desk", ...params });
    await expect(call).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  };

  await refuse("sessions.patch", { label: "x", expectedSessionId: "another" });
  await refuse("sessions.delete", { expectedSessionId: "another" });
  await refuse("sessions.delete", { expectedSessionUpdatedAt: updatedAt - 60_000 });
  await refuse("sessions.delete", { archivedOnly: true });
  await refuse("sessions.delete", { expectedLifecycleRevision: "1" });
  const meant = { key: "desk", expectedSessionId: sessionId, expectedSessionUpdatedAt: updatedAt };

  expect(await client.request("sessions.delete", { ...meant, emitLifecycleHooks: true })).toMatchObject({
    deleted: true,
  });
});

test("waiting inputs are paged from the last one back, and receipts tell what became of one", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 1 });
  await using client = await TestClient.connect(gateway.url);
  const runs = Array.from({ length: 31 }, (_run, index) => `run-${index}`);
  for (const runId of runs) await client.send("main", runId, runId);
  await runner.started("run-0");

  const last = await client.request("chat.history", {
    sessionKey: "main",
    pendingBefore: 1_000,
    inputRunIds: ["run-0", "run-30", "run-31"],
  });
  const page = last["pendingInputs"] as { items: { runId: string }[]; total: number; nextBefore: number };
  const first = await client.request("chat.history", { sessionKey: "main", pendingBefore: page.nextBefore });

  expect(page.items.map(({ runId }) => runId)).toEqual(runs.slice(11));
  expect(page.total).toBe(30);
  expect(first["pendingInputs"]).toMatchObject({
    items: runs.slice(1, 11).map((runId) => ({ runId })),
    total: 30,
  });
  expect(first["pendingInputs"]).not.toHaveProperty("nextBefore");
  expect(last["inputReceipts"]).toEqual([
    { runId: "run-0", state: "consumed", consumedByEventId: expect.any(String) as string },
    { runId: "run-30", state: "pending" },
  ]);
});

test("a page of the history ends with the message asked for and holds no more bytes than asked for", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  for (const runId of ["run-1", "run-2", "run-3"]) {
    await client.send("main", runId, runId);
    await client.terminal(runId);
  }
  const whole = await client.request("chat.history", { sessionKey: "main" });
  const rows = whole["messages"] as { __openclaw: { id: string } }[];

  const upTo = await client.request("chat.history", {
    sessionKey: "main",
    messageId: rows[2]?.__openclaw.id,
  });
  const small = await client.request("chat.history", { sessionKey: "main", maxBytes: 1 });

  expect(upTo["messages"]).toEqual(rows.slice(0, 3));
  expect(small).toMatchObject({ sessionKey: MAIN, messages: rows.slice(5), hasMore: true });
});

test("a parameter that nobody has published is refused by name", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  for (const [method, params] of [
    ["chat.send", { sessionKey: "main", message: "x", idempotencyKey: "run-1" }],
    ["chat.history", { sessionKey: "main" }],
    ["sessions.list", {}],
    ["sessions.patch", { key: "main" }],
    ["sessions.delete", { key: "desk" }],
  ] as const) {
    await expect(client.request(method, { ...params, invented: 1 })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("/invented") as string,
    });
  }
});
