import { mkdir, rm, writeFile } from "node:fs/promises";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { rowsOf } from "./several-gateways.ts";
import { spoilLane } from "./spoiled-lane.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";
const ProblemNews = Type.Object({ sessionKey: Type.Literal(MAIN), reason: Type.Literal("problem") });

test("a run whose lane cannot be taken waits, says why, and is run when it can", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-1");
  await client.terminal("run-1");
  const file = await sessionFileOf(dir.path, MAIN);

  await client.request("sessions.subscribe");
  const mend = await spoilLane(file);
  const sent = await client.send("main", "second", "run-2");
  const state = async (): Promise<unknown> => client.request("chat.history", { sessionKey: "main" });
  await expect.poll(state).toMatchObject({ sessionInfo: { problem: "INVALID_TARGET" } });
  await client.event("sessions.changed", (payload) => Value.Check(ProblemNews, payload));
  const waiting = await state();
  const status = await client.request("status");
  await mend();
  const final = await client.terminal("run-2");
  const after = await state();

  expect(sent).toMatchObject({ status: "started" });
  expect(waiting).toMatchObject({ pendingInputs: { items: [{ runId: "run-2" }] } });
  expect(status).toMatchObject({ degradedSessions: 1 });
  expect(final).toMatchObject({ state: "final", message: { content: [{ text: "echo: second" }] } });
  expect(client.chatsOf("run-2").filter(({ state }) => state !== "delta")).toHaveLength(1);
  expect(after).not.toHaveProperty("sessionInfo.problem");
  expect(rowsOf(await readEntries(file), "run-2")).toEqual({ inputs: 1, users: 1, ends: 1 });
});

test("a run whose lane cannot be taken can be stopped", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-1");
  await client.terminal("run-1");
  const file = await sessionFileOf(dir.path, MAIN);

  await spoilLane(file);
  await client.send("main", "second", "run-2");
  await client.request("chat.abort", { sessionKey: "main", runId: "run-2" });

  expect(await client.terminal("run-2")).toMatchObject({ state: "aborted", stopReason: "rpc" });
  expect(rowsOf(await readEntries(file), "run-2")).toEqual({ inputs: 1, users: 1, ends: 1 });
});

test.each([
  ["was removed", (file: string) => rm(file)],
  ["is a folder by now", (file: string) => rm(file).then(() => mkdir(file))],
  ["is full of something else", (file: string) => writeFile(file, "no session\n")],
])(
  "a gateway closes and says goodbye though a transcript in which a message waits %s",
  async (_what, spoil) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    await using client = await TestClient.connect(gateway.url);
    await client.send("main", "first", "run-1");
    await client.terminal("run-1");
    const file = await sessionFileOf(dir.path, MAIN);
    await spoilLane(file);
    await client.send("main", "second", "run-2");

    await spoil(file);
    await gateway.close();

    expect(await client.closed()).toEqual({ code: 1012, reason: "service restart" });
    await expect(fetch(`${gateway.url}healthz`)).rejects.toThrow();
  },
);
