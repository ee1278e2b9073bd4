import { appendAssistantMessageToSessionTranscript, validate } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { mainEntries, rowsOf, turnsOf, untilStopped } from "./several-gateways.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";
const STOPPER = new URL("workers/stop-before-write.js", import.meta.url).href;
/** Minutes of talk, for a run that is stopped by the test: however slow the machine, it is active until then. */
const LONG = `slow: ${"on and on ".repeat(200)}`;
/** The lane is a held lock, so it must hold with either kind of lock: `lockfile` is the one for network file systems. */
const ENGINES = ["kernel", "lockfile"];
const once = { inputs: 1, users: 1, ends: 1 };

async function faultsOf(stateDir: string): Promise<unknown[]> {
  const report = await validate(await sessionFileOf(stateDir, MAIN));
  return report.findings.filter((finding) => finding.severity === "E");
}

test("two gateways on one state folder run a session one after the other, each for its own clients", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);

  await first.send("main", "slow: A", "run-A");
  await first.chat((event) => event.runId === "run-A" && event.state === "delta");
  await second.send("main", "slow: B", "run-B");
  await first.send("main", "slow: C", "run-C");
  const ends = await Promise.all([
    first.terminal("run-A"),
    second.terminal("run-B"),
    first.terminal("run-C"),
  ]);

  expect(ends.map(({ state }) => state)).toEqual(["final", "final", "final"]);
  expect(second.chatsOf("run-B").filter(({ state }) => state === "delta").length).toBeGreaterThan(0);
  const turns = turnsOf(await mainEntries(dir.path));
  expect(turns.filter((_turn, index) => index % 2 === 0)).toEqual(
    turns.filter((_turn, index) => index % 2 === 1).map((turn) => turn.replace("end", "begin")),
  );
  expect(turns).toHaveLength(6);
  expect(await faultsOf(dir.path)).toEqual([]);
});

test("a gateway that is started beside another leaves the other's runs to it", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using client = await TestClient.connect(one.url);
  const runs = ["run-1", "run-2", "run-3"];
  await client.send("main", LONG, "run-1");
  for (const runId of runs.slice(1)) await client.send("main", "slow: words", runId);
  await client.chat((event) => event.state === "delta");

  await using two = await spawnGateway(dir.path);
  await using reader = await TestClient.connect(two.url);
  const seen = await reader.request("chat.history", { sessionKey: "main" });
  await client.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  const ends = await Promise.all(runs.map((runId) => client.terminal(runId)));

  expect(seen).toMatchObject({ sessionInfo: { hasActiveRun: true } });
  expect(ends.map(({ state }) => state)).toEqual(["aborted", "final", "final"]);
  expect(runs.map((runId) => client.chatsOf(runId).some(({ state }) => state === "delta"))).toEqual([
    true,
    true,
    true,
  ]);
  expect(reader.chats).toEqual([]);
  const entries = await mainEntries(dir.path);
  expect(runs.map((runId) => rowsOf(entries, runId))).toEqual([once, once, once]);
});

test("reject: a message for a session that another gateway runs is refused with that gateway's name", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await startTestGateway(dir.path, { name: "the second" });
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", LONG, "run-1");
  await first.chat((event) => event.state === "delta");

  const refused = second.request("chat.send", {
    sessionKey: "main",
    message: "hello",
    idempotencyKey: "run-2",
    queueMode: "reject",
  });

  await expect(refused).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    details: {
      code: "LANE_BUSY",
      holder: { pid: one.pid, name: expect.stringContaining(String(one.pid)) as string },
    },
  });
  await first.request("chat.abort", { sessionKey: "main" });
  await first.terminal("run-1");
  expect(rowsOf(await mainEntries(dir.path), "run-2").inputs).toBe(0);
});

test.each(ENGINES)(
  "what a killed gateway had acknowledged is run at once by the one that lives, in order, each once (%s engine)",
  async (engine) => {
    await using dir = await temporaryStateDir();
    const env = { SESSION_LOCK_ENGINE: engine };
    const killed = await spawnGateway(dir.path, env);
    await using next = await spawnGateway(dir.path, env);
    const before = await TestClient.connect(killed.url);
    await using after = await TestClient.connect(next.url);
    const runs = ["run-A", "run-B", "run-C", "run-D"];
    for (const runId of runs) await before.send("main", `slow: ${runId}`, runId);
    await before.chat((event) => event.state === "delta");

    await killed.kill("SIGKILL");
    const ends = await Promise.all(runs.map((runId) => after.terminal(runId)));

    expect(ends.map(({ state }) => state)).toEqual(["final", "final", "final", "final"]);
    const file = await sessionFileOf(dir.path, MAIN);
    expect(await conversation(file)).toEqual(
      runs.flatMap((runId) => [`user: slow: ${runId}`, `assistant: echo: slow: ${runId}`]),
    );
    expect(forkPoints(await readEntries(file))).toEqual([]);
  },
);

test("a stopped gateway keeps its lane until it is killed; then who waited behind it is next", async () => {
  await using dir = await temporaryStateDir();
  const stopped = await spawnGateway(dir.path);
  await using next = await spawnGateway(dir.path);
  const before = await TestClient.connect(stopped.url);
  await using after = await TestClient.connect(next.url);
  await before.send("main", `slow: ${"word ".repeat(20)}`, "run-1");
  await before.chat((event) => event.state === "delta");
  stopped.signal("SIGSTOP");
  await untilStopped(stopped.pid);

  await after.send("main", "mine", "run-2");
  const waiting = await after.request("chat.history", { sessionKey: "main" });
  await stopped.kill("SIGKILL");
  const ends = await Promise.all([after.terminal("run-1"), after.terminal("run-2")]);

  expect(waiting).toMatchObject({
    sessionInfo: { hasActiveRun: true, activeRunIds: ["run-1"] },
    pendingInputs: { items: [{ runId: "run-2" }], total: 1 },
  });
  expect(ends.map(({ state }) => state)).toEqual(["final", "final"]);
  const entries = await mainEntries(dir.path);
  expect([rowsOf(entries, "run-1"), rowsOf(entries, "run-2")]).toEqual([once, once]);
  expect(await faultsOf(dir.path)).toEqual([]);
});

test("notes from any gateway are on the branch at once while one of them runs the session", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", "tool: slow: one two", "run-1");
  await first.chat((event) => event.state === "delta");

  const notes = await Promise.all(
    [first, second].flatMap((client, from) =>
      [1, 2, 3].map((count) =>
        client.request("chat.inject", { sessionKey: "main", message: `note ${from}.${count}` }),
      ),
    ),
  );
  const history = await second.request("chat.history", { sessionKey: "main" });
  await first.terminal("run-1");

  const ids = notes.map(({ messageId }) => messageId);
  expect(JSON.stringify(history["messages"])).toMatch(/note 0\.1/);
  const shown = (history["messages"] as { __openclaw: { id: string } }[]).map((row) => row.__openclaw.id);
  expect(shown).toEqual(expect.arrayContaining(ids));
  expect(forkPoints(await mainEntries(dir.path))).toEqual([]);
  expect(await faultsOf(dir.path)).toEqual([]);
});

test("a stop from another gateway stops the run it saw, which keeps what it has said, and no other", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", LONG, "run-1");
  await first.send("main", "next", "run-2");
  await first.chat((event) => event.state === "delta" && JSON.stringify(event.message).includes("on and"));

  const answer = await second.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  const ends = await Promise.all([first.terminal("run-1"), first.terminal("run-2")]);

  expect(answer).toEqual({ ok: true, aborted: true, runIds: ["run-1"] });
  expect(ends).toMatchObject([{ state: "aborted", stopReason: "rpc" }, { state: "final" }]);
  expect(JSON.stringify(ends[0])).toContain("echo: slow: on and");
  const entries = await mainEntries(dir.path);
  expect([rowsOf(entries, "run-1"), rowsOf(entries, "run-2")]).toEqual([once, once]);
});

test("a message that waits in one gateway can be stopped through another", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", LONG, "run-1");
  await first.send("main", "never", "run-2");

  const answer = await second.request("chat.abort", { sessionKey: "main", runId: "run-2" });
  await first.request("chat.abort", { sessionKey: "main", runId: "run-1" });
  const ends = await Promise.all([first.terminal("run-1"), first.terminal("run-2")]);

  expect(answer).toEqual({ ok: true, aborted: true, runIds: ["run-2"] });
  expect(ends).toMatchObject([{ state: "aborted" }, { state: "aborted", stopReason: "rpc" }]);
  expect((await conversation(await sessionFileOf(dir.path, MAIN))).slice(0, 3)).toEqual([
    `user: ${LONG}`,
    "user: never",
    "assistant: This message was stopped before it was answered.",
  ]);
});

test("a gateway that is asked for its session gives the run away after its next entry, and its client gets the final", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", "tool: slow: one two three four", "run-1");
  await first.chat((event) => event.state === "delta");

  const answer = await second.request("sessions.takeover", { key: "main" });
  const told = await second.terminal("run-1");
  const final = await first.terminal("run-1");

  expect(answer).toMatchObject({ ok: true, outcome: "asked", holder: { pid: one.pid } });
  expect(second.chatsOf("run-1").some(({ state }) => state === "delta")).toBe(true);
  expect(told).toMatchObject({ state: "final" });
  expect(final).toMatchObject({ state: "final" });
  expect(first.chatsOf("run-1").filter(({ state }) => state !== "delta")).toHaveLength(1);
  const entries = await mainEntries(dir.path);
  expect(rowsOf(entries, "run-1")).toEqual(once);
  const results = entries.filter((entry) => entry.type === "message" && entry.message.role === "toolResult");
  expect(results).toHaveLength(5);
  expect(await faultsOf(dir.path)).toEqual([]);
});

test.each(ENGINES)(
  "a session that is taken by force ends the run of the loser visibly, and the loser goes on with other things (%s engine)",
  async (engine) => {
    await using dir = await temporaryStateDir();
    const env = { SESSION_LOCK_ENGINE: engine };
    await using one = await spawnGateway(dir.path, env);
    await using two = await spawnGateway(dir.path, env);
    await using first = await TestClient.connect(one.url);
    await using second = await TestClient.connect(two.url);
    await first.send("main", LONG, "run-1");
    await first.send("main", "second", "run-2");
    await first.chat((event) => event.state === "delta");

    const answer = await second.request("sessions.takeover", { key: "main", force: true });
    const lost = await first.terminal("run-1");
    const next = await first.terminal("run-2");
    await first.send("main", "third", "run-3");

    expect(answer).toMatchObject({ ok: true, outcome: "forced", holder: { pid: one.pid } });
    expect(lost).toMatchObject({ state: "aborted", stopReason: "takeover" });
    expect(next).toMatchObject({ state: "final" });
    expect(await first.terminal("run-3")).toMatchObject({ state: "final" });
    const entries = await mainEntries(dir.path);
    const runs = ["run-1", "run-2", "run-3"];
    expect(runs.map((runId) => rowsOf(entries, runId))).toEqual([once, once, once]);
    expect(await faultsOf(dir.path)).toEqual([]);
  },
);

test("a loser that was stopped between its look at the lane and its write does not get the write into the session", async () => {
  await using dir = await temporaryStateDir();
  // The answer, and nothing before it, is written in one piece with these words.
  const env = { NODE_OPTIONS: `--import=${STOPPER}`, STOP_BEFORE_WRITE_OF: "echo: too late" };
  await using one = await spawnGateway(dir.path, env);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", "too late", "run-1");
  await untilStopped(one.pid);

  await second.request("sessions.takeover", { key: "main", force: true });
  await second.send("main", "after", "run-2");
  const after = await second.terminal("run-2");
  one.signal("SIGCONT");
  const lost = await first.terminal("run-1");
  await first.send("main", "recovered", "run-3");
  const recovered = await first.terminal("run-3");

  expect(after).toMatchObject({ state: "final" });
  expect(lost).toMatchObject({ state: "aborted", stopReason: "takeover" });
  expect(recovered).toMatchObject({ state: "final" });
  const spoken = await conversation(await sessionFileOf(dir.path, MAIN));
  expect(spoken.filter((line) => line.startsWith("assistant"))).toEqual([
    "assistant: echo: after",
    "assistant: echo: recovered",
  ]);
  const entries = await mainEntries(dir.path);
  expect(["run-1", "run-2", "run-3"].map((runId) => rowsOf(entries, runId))).toEqual([once, once, once]);
  expect(forkPoints(entries)).toEqual([]);
});

test("a reset through one gateway ends the run of another, and both go on in the new session", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await first.send("main", LONG, "run-1");
  await first.send("main", "waits", "run-2");
  await first.chat((event) => event.state === "delta");
  const before = await sessionFileOf(dir.path, MAIN);

  await second.request("sessions.reset", { key: "main" });
  const ends = await Promise.all([first.terminal("run-1"), first.terminal("run-2")]);
  await first.send("main", "new", "run-3");
  await second.send("main", "newer", "run-4");
  await Promise.all([first.terminal("run-3"), second.terminal("run-4")]);

  expect(ends.map(({ state }) => state)).toEqual(["aborted", "aborted"]);
  const after = await sessionFileOf(dir.path, MAIN);
  expect(after).not.toBe(before);
  expect(await conversation(after)).toEqual([
    "user: new",
    "assistant: echo: new",
    "user: newer",
    "assistant: echo: newer",
  ]);
  const old = await readEntries(before);
  expect([rowsOf(old, "run-1"), rowsOf(old, "run-2")]).toEqual([once, once]);
});

test("a client is told that its session has changed through another gateway, or another program", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using watcher = await TestClient.connect(two.url);
  await first.send("main", "first", "run-1");
  await first.terminal("run-1");
  await watcher.request("sessions.subscribe");
  await watcher.request("chat.history", { sessionKey: "main" });
  const changes = (): number => watcher.frames.filter(({ event }) => event === "sessions.changed").length;
  await expect.poll(changes).toBe(1); // as it may have changed since its history was read

  await first.request("chat.inject", { sessionKey: "main", message: "a note" });
  await expect.poll(changes).toBe(2);
  const mirror = { sessionKey: MAIN, storePath: storePathOf(dir.path), text: "sent elsewhere" };
  const mirrored = await appendAssistantMessageToSessionTranscript(mirror);
  await expect.poll(changes).toBe(3);

  expect(mirrored).toMatchObject({ ok: true });
});

test("what a session is set to through one gateway holds for the next message in another that has it open", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using one = await startTestGateway(dir.path);
  await using two = await startTestGateway(dir.path, { runner });
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await second.send("main", "opens it", "run-1");
  (await runner.started("run-1")).finish();
  await second.terminal("run-1");

  const settings = { queueMode: "reject", thinkingLevel: "high", model: "deep" };
  await first.request("sessions.patch", { key: "main", ...settings });
  await second.send("main", "go", "run-2");
  const { request } = await runner.started("run-2");

  expect(request).toMatchObject({ thinking: "high", model: "deep" });
  await expect(second.send("main", "again", "run-3")).rejects.toMatchObject({
    details: { code: "LANE_BUSY" },
  });
  await first.request("sessions.patch", { key: "main", queueMode: null });
  expect(await second.send("main", "again", "run-3")).toEqual({ runId: "run-3", status: "started" });
  await second.request("chat.abort", { sessionKey: "main" });
});

test("force needs the admin scope, and leaves the run alone without it", async () => {
  await using dir = await temporaryStateDir();
  await using one = await startTestGateway(dir.path);
  await using two = await startTestGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url, { scopes: ["operator.write"] });
  await first.send("main", "slow: one two", "run-1");

  const forced = second.request("sessions.takeover", { key: "main", force: true });

  await expect(forced).rejects.toMatchObject({
    code: "FORBIDDEN",
    details: { code: "MISSING_SCOPE", missingScope: "operator.admin" },
  });
  expect(await first.terminal("run-1")).toMatchObject({ state: "final" });
});

test(
  "three gateways, one of them stopped for a while and one killed, lose nothing and run nothing twice",
  { timeout: 180_000 },
  async () => {
    await using dir = await temporaryStateDir();
    const killed = await spawnGateway(dir.path);
    await using stopped = await spawnGateway(dir.path);
    await using third = await spawnGateway(dir.path);
    const clients = await Promise.all([killed, stopped, third].map(({ url }) => TestClient.connect(url)));
    const acknowledged: string[] = [];
    const send = async (from: number, count: number): Promise<void> => {
      const runId = `run-${from}-${count}`;
      await clients[from]?.send("main", `slow: ${runId}`, runId);
      acknowledged.push(runId);
    };
    await Promise.all([0, 1, 2].flatMap((from) => [1, 2, 3].map((count) => send(from, count))));
    await Promise.any(clients.map((client) => client.chat((event) => event.state === "delta")));

    stopped.signal("SIGSTOP");
    await untilStopped(stopped.pid);
    await killed.kill("SIGKILL");
    await send(2, 4);
    stopped.signal("SIGCONT");
    const open = async (): Promise<string[]> => {
      const entries = await mainEntries(dir.path);
      return acknowledged.filter((runId) => rowsOf(entries, runId).ends === 0);
    };
    await expect.poll(open, { interval: 200 }).toEqual([]);

    const entries = await mainEntries(dir.path);
    expect(acknowledged).toHaveLength(10);
    expect(acknowledged.map((runId) => rowsOf(entries, runId))).toEqual(acknowledged.map(() => once));
    const turns = turnsOf(entries);
    expect(turns.filter((_turn, index) => index % 2 === 1)).toEqual(
      turns.filter((_turn, index) => index % 2 === 0).map((turn) => turn.replace("begin", "end")),
    );
    expect(forkPoints(entries)).toEqual([]);
    expect(await faultsOf(dir.path)).toEqual([]);
  },
);

test("a forced takeover that another gateway gets ahead of is refused in the end, with that gateway's name", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  const runner = new ScriptedRunner();
  await using two = await startTestGateway(dir.path, { runner, name: "the second" });
  await using three = await startTestGateway(dir.path, { name: "the third" });
  await using first = await TestClient.connect(one.url);
  await using second = await TestClient.connect(two.url);
  await using third = await TestClient.connect(three.url);
  await first.send("main", LONG, "run-1");
  await first.chat((event) => event.state === "delta");
  await second.send("main", "hello", "run-2");
  await third.send("main", "hello", "run-3");

  const forced = third.request("sessions.takeover", { key: "main", force: true });
  const run = await runner.started("run-1");

  await expect(forced).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    details: { code: "LANE_BUSY", holder: { name: "the second" } },
  });
  run.finish();
  (await runner.started("run-2")).finish();
  const ends = await Promise.all([second.terminal("run-2"), third.terminal("run-3")]);
  expect(ends.map(({ state }) => state)).toEqual(["final", "final"]);
});
