import { once } from "node:events";
import { readdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

test("after a restart the same key gets the same answer and no second run", async () => {
  await using dir = await temporaryStateDir();
  const first = await startTestGateway(dir.path);
  await using before = await TestClient.connect(first.url);
  await before.send("main", "once", "key");
  await before.terminal("key");
  await first.close();

  await using second = await startTestGateway(dir.path);
  await using after = await TestClient.connect(second.url);
  const ack = await after.send("main", "once", "key");

  expect(ack).toEqual({ runId: "key", status: "ok" });
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: once",
    "assistant: echo: once",
  ]);
});

test("what waited when the gateway was closed is run by the next one, under its own id", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const first = await startTestGateway(dir.path, { runner });
  await using before = await TestClient.connect(first.url);
  await before.send("main", "first", "run-1");
  await before.send("main", "second", "run-2");
  const run = await runner.started("run-1");
  const closing = first.close();
  run.finish();
  await closing;

  await using second = await startTestGateway(dir.path);
  await using after = await TestClient.connect(second.url);
  await after.send("main", "third", "run-3");
  await after.terminal("run-3");

  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
    "user: first",
    "user: second",
    "assistant: echo: second",
    "user: third",
    "assistant: echo: third",
  ]);
});

test("what a killed gateway had acknowledged is answered by the next one, in order, each once", async () => {
  await using dir = await temporaryStateDir();
  const killed = await spawnGateway(dir.path);
  const before = await TestClient.connect(killed.url);
  const names = ["A", "B", "C", "D"];
  for (const name of names) await before.send("main", `slow: ${name}`, `run-${name}`);
  await before.chat((event) => event.state === "delta");
  await killed.kill("SIGKILL");

  await using next = await spawnGateway(dir.path);
  await using after = await TestClient.connect(next.url);
  await after.send("main", "last", "run-last");
  await after.terminal("run-last");

  const file = await sessionFileOf(dir.path, MAIN);
  expect(await conversation(file)).toEqual([
    ...names.flatMap((name) => [`user: slow: ${name}`, `assistant: echo: slow: ${name}`]),
    "user: last",
    "assistant: echo: last",
  ]);
  expect(forkPoints(await readEntries(file))).toEqual([]);
});

test("what waited in a session that cannot be opened at the start is run when it can, without anybody asking", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const first = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(first.url);
  await client.send("main", "first", "run-1");
  await client.send("main", "second", "run-2");
  const run = await runner.started("run-1");
  const closing = first.close();
  run.finish();
  await closing;
  const file = await sessionFileOf(dir.path, MAIN);
  await rename(file, `${file}.aside`);
  await symlink("/dev/null", file);

  const failed = new PassThrough();
  await using _second = await startTestGateway(dir.path, { logger: pino({ level: "error" }, failed) });
  expect(String((await once(failed, "data"))[0])).toContain("recovery failed");
  // The first gateway is forgotten when all of its sessions have been looked into.
  const known = async () =>
    (await readdir(join(dir.path, "gateways"))).filter((name) => name.endsWith("json"));
  await expect.poll(known).toHaveLength(1);
  await rename(`${file}.aside`, file);

  const answered = ["user: first", "user: second", "assistant: echo: second"];
  await expect.poll(() => conversation(file)).toEqual(answered);
});

test("while the gateway drains, new messages are refused as worth trying again", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  const gateway = await startTestGateway(dir.path, { runner });
  const client = await TestClient.connect(gateway.url);
  await client.send("main", "first", "run-1");
  const run = await runner.started("run-1");

  const closing = gateway.close();
  await client.event("shutdown");
  const refused = client.send("main", "too late", "run-2");

  await expect(refused).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  expect((await fetch(`${gateway.url}readyz`)).status).toBe(503);
  run.finish();
  await closing;
  expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual(["user: first"]);
});

test("closing twice is closing once", async () => {
  await using dir = await temporaryStateDir();
  const gateway = await startTestGateway(dir.path);

  await Promise.all([gateway.close(), gateway.close()]);
  await gateway.close();

  await expect(fetch(gateway.url)).rejects.toThrow();
});
