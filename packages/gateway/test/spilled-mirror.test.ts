import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";
const WORKER = fileURLToPath(new URL("./workers/mirror-without-room.js", import.meta.url));

test("what a mirror had to spill beside an open session is on the branch before what is appended next", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");
  await client.request("chat.inject", { sessionKey: "main", message: "x".repeat(40_000) });
  const file = await sessionFileOf(dir.path, MAIN);
  // 64 blocks of 512 bytes, and the session has more.
  const limited = 'ulimit -f 64; exec "$0" "$@"';
  const args = ["-c", limited, process.execPath, WORKER, storePathOf(dir.path), MAIN];

  const { stdout } = await promisify(execFile)("sh", args);
  const hasSpilled = existsSync(`${file}.spill`);
  await client.request("chat.inject", { sessionKey: "main", message: "next" });

  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  expect(hasSpilled).toBe(true);
  expect((await conversation(file)).slice(-2)).toEqual(["assistant: delivered", "assistant: next"]);
  expect(existsSync(`${file}.spill`)).toBe(false);
});
