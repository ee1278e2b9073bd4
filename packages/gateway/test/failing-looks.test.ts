import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { appendAssistantMessageToSessionTranscript } from "@session-lock/transcript";
import { breakSessionLock, inspectSessionLock } from "session-lock";
import { pino } from "pino";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { rowsOf } from "./several-gateways.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";
const DESK = "agent:main:desk";

/** Has nobody look at a file: the system says that there are too many links, until it is given back. */
async function hide(file: string): Promise<() => Promise<void>> {
  await rename(file, `${file}.aside`);
  await symlink(file, file);
  return async () => {
    await rm(file);
    await rename(`${file}.aside`, file);
  };
}

/** Resolves when the gateway has looked at its open sessions: it tells of what this process has written to another one. */
async function untilLooked(stateDir: string, client: TestClient, mark: string): Promise<void> {
  const before = client.frames.length;
  const mirror = { agentId: "main", sessionKey: DESK, text: mark, idempotencyKey: mark };
  const told = await appendAssistantMessageToSessionTranscript({
    ...mirror,
    storePath: storePathOf(stateDir),
  });
  expect(told).toMatchObject({ ok: true });
  await expect
    .poll(() => client.frames.slice(before).map(({ payload }) => payload))
    .toContainEqual(expect.objectContaining({ sessionKey: DESK, reason: "message" }));
}

/** A client that has two sessions open and is told of changes. */
async function withTwoSessions(url: string): Promise<TestClient> {
  const client = await TestClient.connect(url);
  await client.request("sessions.subscribe");
  for (const [key, runId] of [
    [MAIN, "run-main"],
    [DESK, "run-desk"],
  ] as const) {
    await client.send(key, "hello", runId);
    await client.terminal(runId);
  }
  return client;
}

test("a transcript that nobody can look at does not end the gateway, and the other sessions are told of as before", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path);
  await using client = await withTwoSessions(gateway.url);

  const giveBack = await hide(await sessionFileOf(dir.path, MAIN));
  await untilLooked(dir.path, client, "first");
  await giveBack();
  await client.send(MAIN, "again", "run-2");

  expect(await client.terminal("run-2")).toMatchObject({ state: "final" });
});

test("a gateway that waits for a lane waits on when nobody can look at the transcript", async () => {
  await using dir = await temporaryStateDir();
  await using one = await spawnGateway(dir.path);
  await using two = await spawnGateway(dir.path);
  await using first = await TestClient.connect(one.url);
  await using second = await withTwoSessions(two.url);
  await first.send(MAIN, `slow: ${"on and on ".repeat(200)}`, "run-long");
  await first.chat((event) => event.runId === "run-long" && event.state === "delta");
  await second.send(MAIN, "after that", "run-next");
  const file = await sessionFileOf(dir.path, MAIN);

  const giveBack = await hide(file);
  // Looks at all sessions are rarer than those of one that waits: between two of them it has looked.
  await untilLooked(dir.path, second, "first");
  await untilLooked(dir.path, second, "second");
  await giveBack();
  await first.request("chat.abort", { sessionKey: MAIN, runId: "run-long" });

  expect(await second.terminal("run-next")).toMatchObject({ state: "final" });
  expect(rowsOf(await readEntries(file), "run-next")).toEqual({ inputs: 1, users: 1, ends: 1 });
});

test("a letter box that cannot be read ends neither the run nor the gateway", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send(MAIN, "hello", "run-1");
  await client.terminal("run-1");
  await mkdir(`${await sessionFileOf(dir.path, MAIN)}.asks`);

  await client.send(MAIN, "tool: slow: one two", "run-2");

  expect(await client.terminal("run-2")).toMatchObject({ state: "final" });
  await client.send(MAIN, "and on", "run-3");
  expect(await client.terminal("run-3")).toMatchObject({ state: "final" });
});

test("a gateway's place that cannot be looked at is told of once, and keeps nobody from those listed after it", async () => {
  await using dir = await temporaryStateDir();
  const place = join(dir.path, "gateways", "00000000-0000-4000-8000-000000000000.json");
  // What another engine leaves: listed first, and its lock can neither be taken nor be said to be held.
  await mkdir(`${place}.lock`, { recursive: true });
  await writeFile(place, "{}\n");
  const env = { SESSION_LOCK_ENGINE: "kernel" };
  await using next = await spawnGateway(dir.path, env);
  await using after = await TestClient.connect(next.url);

  // Two that die one after the other: between them there were several looks.
  for (const runId of ["run-1", "run-2"]) {
    await using dead = await spawnGateway(dir.path, env);
    await using before = await TestClient.connect(dead.url);
    await before.send(MAIN, `slow: ${"on and on ".repeat(2)}`, runId);
    await before.chat((event) => event.runId === runId && event.state === "delta");
    await dead.kill("SIGKILL");
    await after.terminal(runId);
  }
  const { stderr } = await next.kill("SIGTERM");

  const told = stderr.split("\n").filter((line) => line.includes('"msg":"recovery failed"'));
  expect(told).toEqual([expect.stringContaining("00000000-0000-4000-8000-000000000000")]);
});

test("that the folder of the gateways cannot be read is told of once, until it can be read again", async () => {
  await using dir = await temporaryStateDir();
  const folder = join(dir.path, "gateways");
  const logged: string[] = [];
  const logger = pino({ level: "error" }, { write: (line) => void logged.push(line) });
  await using _gateway = await startTestGateway(dir.path, { logger });
  const reads = () => logged.filter((line) => line.includes("scandir"));

  // What one that is gone leaves is removed by the next look that finds the folder.
  const left = "00000000-0000-4000-8000-000000000000.json";

  for (const times of [1, 2]) {
    await rename(folder, `${folder}.moved`);
    await writeFile(folder, "");
    await expect.poll(reads).toHaveLength(times);
    await delay(1_200); // two looks
    await rm(folder);
    await writeFile(join(`${folder}.moved`, left), "{}\n");
    await rename(`${folder}.moved`, folder);
    await expect.poll(() => existsSync(join(folder, left))).toBe(false);
  }

  expect(reads()).toHaveLength(2);
});

test("a gateway whose place was taken away, as after the longest hold, takes it again at once", async () => {
  await using dir = await temporaryStateDir();
  await using _gateway = await startTestGateway(dir.path);
  const folder = join(dir.path, "gateways");
  const [name = ""] = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  const place = join(folder, name);
  const record = await readFile(place, "utf8");
  // Twice: what it has taken again can be lost again.
  for (const reason of ["first", "second"]) {
    // Another gateway that has taken over from it removes the file.
    await rm(place);
    expect(breakSessionLock(place, { reason, force: true }).outcome).toBe("broken");

    await expect.poll(() => inspectSessionLock(place).state).toBe("held");
    await expect.poll(() => readFile(place, "utf8").catch(() => "")).toBe(record);
  }
});
