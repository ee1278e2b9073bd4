import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { rowsOf } from "./several-gateways.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";
import { untilRefused, withhold } from "./withheld-file.ts";

const MAIN = "agent:main:main";
const once = { inputs: 1, users: 1, ends: 1 };

test("a stopped run's words are kept once, also when the disk takes them only after some tries", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "go", "run-1");
  (await runner.started("run-1")).say("half of it");
  await client.chat((event) => event.state === "delta");
  const file = await sessionFileOf(dir.path, MAIN);

  const giveBack = await withhold(file);
  await client.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  await untilRefused(client);
  const early = client.chatsOf("run-1").filter(({ state }) => state !== "delta");
  await giveBack();
  const aborted = await client.terminal("run-1");

  expect(early).toEqual([]);
  expect(aborted).toMatchObject({
    state: "aborted",
    message: { content: [{ text: "half of it" }], idempotencyKey: "run-1:assistant" },
  });
  const entries = await readEntries(file);
  expect(rowsOf(entries, "run-1")).toEqual(once);
  expect(await conversation(file)).toEqual(["user: go", "assistant: half of it"]);
  expect(forkPoints(entries)).toEqual([]);
});

test("a shutdown waits until the words of the run that it stopped are on disk", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  const client = await TestClient.connect(gateway.url);
  await client.send("main", "go", "run-1");
  (await runner.started("run-1")).say("half of it");
  await client.chat((event) => event.state === "delta");
  const file = await sessionFileOf(dir.path, MAIN);
  await using lock = await acquireSessionWriteLock({ sessionFile: file, purpose: "somebody else" });

  let isClosed = false;
  const closing = gateway.close().then(() => (isClosed = true));
  await client.event("shutdown");
  const wasClosed = isClosed;
  await lock.release();
  await closing;

  expect(wasClosed).toBe(false);
  expect(await conversation(file)).toEqual(["user: go", "assistant: half of it"]);
});

test("an answer that the disk takes only after some tries is stored once and told once", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say("all of it");
  await client.chat((event) => event.state === "delta");
  const file = await sessionFileOf(dir.path, MAIN);

  const giveBack = await withhold(file);
  run.finish();
  await untilRefused(client);
  await giveBack();
  const final = await client.terminal("run-1");

  expect(final).toMatchObject({ state: "final", message: { content: [{ text: "all of it" }] } });
  expect(rowsOf(await readEntries(file), "run-1")).toEqual(once);
  expect(client.chatsOf("run-1").filter(({ state }) => state !== "delta")).toHaveLength(1);
});

/** Has a message's run begin while the disk refuses the user's words; resolves with the way to have it take them. */
async function beginUnheard(
  dir: string,
  client: TestClient,
  { text, runId }: { readonly text: string; readonly runId: string },
): Promise<{ readonly file: string; readonly giveBack: () => Promise<void> }> {
  await client.send("main", "first", "run-first");
  await client.terminal("run-first");
  const file = await sessionFileOf(dir, MAIN);
  // Until it is let go, the run cannot begin.
  await using lane = await acquireSessionWriteLock({ sessionFile: `${file}.lane`, purpose: "somebody else" });
  await client.send("main", text, runId);
  const giveBack = await withhold(file);
  await lane.release();
  await expect.poll(() => client.request("status")).toMatchObject({ activeRuns: 1 });
  return { file, giveBack };
}

test("a message whose run is stopped before the disk takes its words is in the conversation all the same", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  const { file, giveBack } = await beginUnheard(dir.path, client, { text: "go", runId: "run-1" });

  await client.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  await expect.poll(() => client.request("status")).toMatchObject({ degradedSessions: 1 });
  await giveBack();
  const aborted = await client.terminal("run-1");

  expect(aborted).toMatchObject({ state: "aborted", stopReason: "rpc" });
  expect(rowsOf(await readEntries(file), "run-1")).toEqual(once);
  expect(await conversation(file)).toEqual(["user: first", "assistant: echo: first", "user: go"]);
});
