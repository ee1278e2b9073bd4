import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { sessionFileOf } from "./transcript-file.ts";

const KEY = "agent:main:main";
const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** A session with one turn, its gateway stopped; resolves with its file. */
async function storedSession(stateDir: string): Promise<string> {
  await using gateway = await startTestGateway(stateDir);
  await using client = await TestClient.connect(gateway.url);
  await client.send(KEY, "hello", "run-1");
  await client.terminal("run-1");
  return await sessionFileOf(stateDir, KEY);
}

/** What a note into the session comes to. */
async function injected(stateDir: string): Promise<unknown> {
  await using gateway = await startTestGateway(stateDir);
  await using client = await TestClient.connect(gateway.url);
  return await client
    .request("chat.inject", { sessionKey: KEY, message: "note" })
    .catch((error: unknown) => error);
}

async function filesBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

const KEYS = [
  ".",
  "..",
  "../x",
  "../../../../tmp/x",
  "a/b",
  "a\\b",
  "%2e%2e%2f",
  "/etc/passwd",
  "CON",
  "-rf",
  "x".repeat(500),
  "Case",
  "case",
  "\u202egnirts",
  "zero\u200bwidth",
  "zerowidth",
  "a:b:c",
  "$(touch x)",
  "~root",
];

test("session keys that look like paths or commands become ordinary sessions, each its own, inside the state folder", async () => {
  await using dir = await temporaryStateDir();
  const stateDir = join(dir.path, "state");
  await mkdir(stateDir);
  await using gateway = await startTestGateway(stateDir);
  await using client = await TestClient.connect(gateway.url);

  for (const [index, key] of KEYS.entries()) {
    await client.send(key, `to ${index}`, `run-${index}`);
    await client.terminal(`run-${index}`);
  }

  const { count } = await client.request("sessions.list");
  expect(count).toBe(KEYS.length);
  expect(await readdir(dir.path)).toEqual(["state"]);
  const names = (await filesBelow(stateDir)).flatMap((path) => path.split("/"));
  expect(names.filter((name) => !/^(agents|main|sessions|[\w-]+(\.\w+)*)$/.test(name))).toEqual([]);
});

test.each([
  "",
  "   ",
  "a\u0000b",
  "a\nb",
  "x".repeat(600),
  "agent:",
  "agent::x",
  "agent:other:x",
  "agent:../x:y",
])("the session key %j is refused, and nothing is made", async (key) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await expect(client.send(key, "hello")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  // Where a gateway says that it is there.
  const made = (await filesBelow(dir.path)).filter((path) => !path.startsWith("gateways"));
  expect(made).toEqual([]);
});

test("composed and decomposed forms of a key are one session", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("caf\u00e9", "one", "run-1");
  await client.send("cafe\u0301", "two", "run-2");
  await client.terminal("run-2");

  expect(await client.request("sessions.list")).toMatchObject({ count: 1 });
});

test("a transcript that was replaced by a link is refused, and what the link names is not touched", async () => {
  await using dir = await temporaryStateDir();
  const file = await storedSession(dir.path);
  const outside = join(dir.path, "outside.jsonl");
  execFileSync("mv", [file, outside]);
  await symlink(outside, file);
  const before = await readFile(outside, "utf8");

  expect(await injected(dir.path)).toMatchObject({
    code: "UNAVAILABLE",
    message: expect.not.stringContaining(dir.path) as string,
  });
  expect(await readFile(outside, "utf8")).toBe(before);
});

test("a transcript that is a link to nothing makes nothing", async () => {
  await using dir = await temporaryStateDir();
  const file = await storedSession(dir.path);
  await rm(file);
  await symlink(join(dir.path, "made-by-a-link"), file);

  expect(await injected(dir.path)).toMatchObject({ code: "UNAVAILABLE" });
  expect(await readdir(dir.path)).not.toContain("made-by-a-link");
});

test.each([
  ["a pipe", (file: string) => execFileSync("mkfifo", [file])],
  ["a folder", (file: string) => execFileSync("mkdir", [file])],
  ["a device", (file: string) => execFileSync("ln", ["-s", "/dev/zero", file])],
])("a transcript that is %s is refused, and the gateway goes on", async (_what, plant) => {
  await using dir = await temporaryStateDir();
  const file = await storedSession(dir.path);
  await rm(file);
  plant(file);

  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await expect(client.request("chat.inject", { sessionKey: KEY, message: "note" })).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
  await client.send("other", "hello", "run-2");
  expect(await client.terminal("run-2")).toMatchObject({ state: "final" });
});

test("a lock that was replaced by a link is refused, and what the link names is not touched", async () => {
  await using dir = await temporaryStateDir();
  const file = await storedSession(dir.path);
  const outside = join(dir.path, "outside");
  await writeFile(outside, "mine");
  await rm(`${file}.lock`, { recursive: true, force: true });
  await symlink(outside, `${file}.lock`);

  expect(await injected(dir.path)).toMatchObject({ code: "UNAVAILABLE" });
  expect(await readFile(outside, "utf8")).toBe("mine");
});

test.each(["000", "077"])(
  "under the umask %s files are for their owner alone, and folders as well",
  async (umask) => {
    await using dir = await temporaryStateDir();
    const stateDir = join(dir.path, "state");
    const child = spawn("sh", ["-c", `umask ${umask}; exec "$0" "$1" --port 0`, process.execPath, MAIN], {
      env: { ...process.env, SESSION_LOCK_HOME: stateDir },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as string[];
    const client = await TestClient.connect(/http:\S+/.exec(line ?? "")?.[0] ?? "");

    await client.send(KEY, "hello", "run-1");
    await client.terminal("run-1");
    await client.request("sessions.patch", { key: "main", label: "named" });
    const made = await filesBelow(stateDir);
    const modes = await Promise.all(
      made.map(async (name) => {
        const { mode } = await stat(join(stateDir, name));
        return `${(mode & 0o170000) === 0o040000 ? "folder" : "file"} ${(mode & 0o777).toString(8)}`;
      }),
    );
    child.kill("SIGKILL");
    await once(child, "exit");

    expect(new Set(modes)).toEqual(new Set(["folder 700", "file 600"]));
  },
);

test("a log that nobody takes any more does not stop the gateway", async () => {
  await using dir = await temporaryStateDir();
  const child = spawn(process.execPath, [MAIN, "--port", "0"], {
    env: { ...process.env, SESSION_LOCK_HOME: dir.path, SESSION_LOCK_LOG: "trace" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as string[];
  const url = /http:\S+/.exec(line ?? "")?.[0] ?? "";
  child.stderr.destroy();
  child.stdout.destroy();
  const file = await sessionFileOf(dir.path, KEY).catch(() => undefined);
  const client = await TestClient.connect(url);

  // A session whose folder is a file: each try is logged.
  await rm(join(dir.path, "agents"), { recursive: true, force: true });
  await writeFile(join(dir.path, "agents"), "in the way");
  for (let count = 0; count < 3; count += 1) await expect(client.send(KEY, "hello")).rejects.toThrow();

  expect(file).toBeUndefined();
  expect(await client.request("health")).toMatchObject({ ok: true });
  child.kill("SIGKILL");
  await once(child, "exit");
});
