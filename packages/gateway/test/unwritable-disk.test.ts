import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { ScriptedRunner, type Conductor } from "./scripted-runner.ts";
import { rowsOf } from "./several-gateways.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";
import { untilRefused, withhold } from "./withheld-file.ts";

const MAIN = "agent:main:main";
/** Longer than a write is tried that cannot wait. */
const LONG_MS = 35_000;
const once = { inputs: 1, users: 1, ends: 1 };

function ends(client: TestClient, runId: string): readonly string[] {
  return client.chatsOf(runId).flatMap(({ state }) => (state === "delta" ? [] : [state]));
}

/** A run that has said something, and its session's file. */
async function beginToAnswer(
  text: string,
  { dir, runner, client }: { dir: string; runner: ScriptedRunner; client: TestClient },
): Promise<{ readonly run: Conductor; readonly file: string }> {
  await client.send("main", "go", "run-1");
  const run = await runner.started("run-1");
  run.say(text);
  await client.chat((event) => event.state === "delta");
  return { run, file: await sessionFileOf(dir, MAIN) };
}

function problemIn(inspected: unknown): string | undefined {
  return (inspected as { session: { queue: { problem?: string } } }).session.queue.problem;
}

describe.concurrent("a disk that takes nothing for long", () => {
  test("keeps an answer from being told, until it is stored", async () => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    await using gateway = await startTestGateway(dir.path, { runner });
    await using client = await TestClient.connect(gateway.url);
    const { run, file } = await beginToAnswer("all of it", { dir: dir.path, runner, client });

    const giveBack = await withhold(file);
    run.finish();
    await untilRefused(client);
    await setTimeout(LONG_MS);
    const early = ends(client, "run-1");
    const troubled = await client.request("sessions.inspect", { key: "main" });
    const status = await client.request("status");
    await giveBack();
    const final = await client.terminal("run-1");
    const mended = await client.request("sessions.inspect", { key: "main" });

    expect(early).toEqual([]);
    // A folder in the place of the file: found by the lock where it looks anew (a second after its last use), else by the transcript.
    expect(["INVALID_TARGET", "NOT_A_SESSION"]).toContain(problemIn(troubled));
    expect(status).toMatchObject({ degradedSessions: 1, activeRuns: 1 });
    expect(mended).not.toHaveProperty("session.queue.problem");
    expect(final).toMatchObject({ state: "final", message: { content: [{ text: "all of it" }] } });
    expect(rowsOf(await readEntries(file), "run-1")).toEqual(once);
    expect(await conversation(file)).toEqual(["user: go", "assistant: all of it"]);
  });

  test("does not keep a gateway from closing, and the next one ends the run with its only terminal event", async () => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    const gateway = await startTestGateway(dir.path, { runner });
    const client = await TestClient.connect(gateway.url);
    const { run, file } = await beginToAnswer("lost", { dir: dir.path, runner, client });

    const giveBack = await withhold(file);
    run.finish();
    await untilRefused(client);
    await gateway.close();
    await giveBack();
    const nextRunner = new ScriptedRunner();
    await using next = await startTestGateway(dir.path, { runner: nextRunner });
    await using later = await TestClient.connect(next.url);
    const again = await nextRunner.started("run-1");
    again.say("all of it");
    again.finish();
    const final = await later.terminal("run-1");

    expect(ends(client, "run-1")).toEqual([]);
    expect(final).toMatchObject({ state: "final", message: { content: [{ text: "all of it" }] } });
    expect(ends(later, "run-1")).toEqual(["final"]);
    expect(rowsOf(await readEntries(file), "run-1")).toEqual(once);
  });

  test("refuses to replace a session whose answer waits, and the answer comes in the end", async () => {
    await using dir = await temporaryStateDir();
    const runner = new ScriptedRunner();
    await using gateway = await startTestGateway(dir.path, { runner });
    await using client = await TestClient.connect(gateway.url);
    const { run, file } = await beginToAnswer("all of it", { dir: dir.path, runner, client });

    const giveBack = await withhold(file);
    run.finish();
    await untilRefused(client);
    const reset = await client.request("sessions.reset", { key: "main" }).then(
      () => "done",
      (error: unknown) => error,
    );
    await giveBack();
    const final = await client.terminal("run-1");

    expect(reset).toMatchObject({ code: "UNAVAILABLE", details: { code: "LANE_BUSY" } });
    expect(final).toMatchObject({ state: "final", message: { content: [{ text: "all of it" }] } });
  });
});
