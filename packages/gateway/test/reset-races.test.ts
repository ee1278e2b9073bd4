import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SessionEntry } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { rowsOf } from "./several-gateways.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

const ROUNDS = 12;
/** Minutes of talk, for a run that is active until its gateway is killed, however slow the machine. */
const LONG = `slow: ${"on and on ".repeat(200)}`;
/** How a call is refused that may be made again. */
const LATER = { code: "UNAVAILABLE", retryable: true, message: "the session is being replaced" };
const once = { inputs: 1, users: 1, ends: 1 };

/** The entries of all transcripts, also of those that no key stands for any more. */
async function allEntries(stateDir: string): Promise<SessionEntry[]> {
  const store = storePathOf(stateDir);
  const files = (await readdir(store)).filter((name) => name.endsWith(".jsonl"));
  return (await Promise.all(files.map((file) => readEntries(join(store, file))))).flat();
}

function refusalsIn(outcome: PromiseSettledResult<unknown>): readonly unknown[] {
  return outcome.status === "rejected" ? [outcome.reason] : [];
}

test("messages that one gateway takes in while others reset their session are ended on disk and told of once each", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using sender = await TestClient.connect(one.url);
  await using resetter = await TestClient.connect(two.url);
  const accepted: string[] = [];
  const refusals: unknown[] = [];

  /** One message after the other, until told to stop. */
  const sendOn = async (round: number, over: AbortSignal): Promise<void> => {
    for (let count = 0; !over.aborted; count += 1) {
      const runId = `run-${round}-${count}`;
      await sender.send("main", "tool: a word", runId).then(
        () => accepted.push(runId),
        (error: unknown) => refusals.push(error),
      );
    }
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    const over = new AbortController();
    const before = accepted.length;
    const sending = sendOn(round, over.signal);
    await expect.poll(() => accepted.length, { interval: 1 }).toBeGreaterThan(before);
    const resets = [resetter, sender].map((client) => client.request("sessions.reset", { key: "main" }));
    const outcomes = await Promise.allSettled(resets);
    for (const outcome of outcomes) refusals.push(...refusalsIn(outcome));
    expect(outcomes.map(({ status }) => status)).toContain("fulfilled");
    over.abort();
    await sending;
  }
  for (const runId of accepted) await sender.terminal(runId);

  const entries = await allEntries(dir.path);
  const rows = accepted.map((runId) => ({ runId, ...rowsOf(entries, runId) }));
  const told = sender.chats.flatMap(({ state, runId }) => (state === "delta" ? [] : [runId]));
  expect(rows).toEqual(accepted.map((runId) => ({ runId, ...once })));
  expect(told.toSorted()).toEqual(accepted.toSorted());
  for (const refusal of refusals) expect(refusal).toMatchObject(LATER);
});

test("a run that a killed gateway had begun is ended on disk by a reset that comes before anybody goes on with it", async () => {
  // The other gateway looks every two seconds whether there is anything to go on with, and may be first.
  let rows = await rowsAfterKillAndReset();
  for (let attempt = 1; rows === "went on first" && attempt < 10; attempt += 1)
    rows = await rowsAfterKillAndReset();

  expect(rows).toEqual({ "run-1": once, "run-2": once });
});

async function rowsAfterKillAndReset() {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using sender = await TestClient.connect(one.url);
  await sender.send("main", LONG, "run-1");
  await sender.chat((event) => event.state === "delta");
  await sender.send("main", "second", "run-2");
  await using two = await startTestGateway(dir.path, { runner: new ScriptedRunner() });
  await using resetter = await TestClient.connect(two.url);
  await resetter.request("chat.history", { sessionKey: "main" }); // open there while its runs are the other's

  await one.kill("SIGKILL");
  try {
    await resetter.request("sessions.reset", { key: "main" });
  } catch (error) {
    if (String(error).includes("a run of this session is active")) return "went on first";
    throw error;
  }
  const entries = await allEntries(dir.path);
  return { "run-1": rowsOf(entries, "run-1"), "run-2": rowsOf(entries, "run-2") };
}

test("resets and deletions of one session at the same time are done, or refused as something to be tried again", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-1");
  await client.terminal("run-1");

  const outcomes = await Promise.all(
    Array.from({ length: 4 }, () =>
      client.request("sessions.reset", { key: "main" }).catch((error: unknown) => error),
    ),
  );

  expect(outcomes).toMatchObject([{ ok: true }, LATER, LATER, LATER]);
});

const DAMAGES: readonly [string, (file: string) => Promise<unknown>][] = [
  ["is gone", (file) => rm(file)],
  ["was overwritten", (file) => writeFile(file, "no session at all\n")],
  ["is a link", (file) => rm(file).then(() => symlink("/dev/null", file))],
];

test.each(DAMAGES)("a session whose transcript %s can be reset, and goes on", async (_what, damage) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-1");
  await client.terminal("run-1");

  await damage(await sessionFileOf(dir.path, "agent:main:main"));
  await client.request("sessions.reset", { key: "main" });
  await client.send("main", "second", "run-2");

  expect(await client.terminal("run-2")).toMatchObject({ message: { content: [{ text: "echo: second" }] } });
});
