import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfigFile } from "../src/config/config-file.ts";
import type { AgentRunner } from "../src/index.ts";
import { TestClient } from "./client.ts";
import { runGateway, spawnGateway } from "./gateway-process.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "./temporary-gateway.ts";

async function configFile(folder: string, content: unknown): Promise<string> {
  const path = join(folder, "settings.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function refusalOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

test.each([
  [{ prot: 1 }, 'at /prot: unknown setting; did you mean "port"?'],
  [{ "a/b~c": 1 }, "at /a~1b~0c: unknown setting; known are host, port, stateDir"],
  [{ port: "80" }, "at /port: Expected integer"],
  [{ port: 65_536 }, "at /port: Expected integer to be less or equal to 65535"],
  [{ runner: "oracle" }, "at /runner: must be one of echo, anthropic, openai, google, openai-compatible"],
  [{ stopWords: ["halt", 5] }, "at /stopWords/1: Expected string"],
  [{ token: "secret-of-mine" }, "at /token: secrets are not for files: set SESSION_LOCK_TOKEN"],
  [{ apiKey: "secret-of-mine" }, "at /apiKey: secrets are not for files: set SESSION_LOCK_API_KEY"],
  ['{ "port": 1, }', "it is not JSON: "],
  ["[]", "it must hold one JSON object"],
  ['{ "__proto__": { "port": 1 } }', "at /__proto__: unknown setting"],
])("the configuration file %j is refused with its name and the place", async (content, problem) => {
  await using dir = await temporaryStateDir();
  const path = await configFile(dir.path, content);

  const refusal = refusalOf(() => readConfigFile(path));

  expect(refusal).toMatchObject({ name: "GatewayError", code: "INVALID_CONFIG" });
  expect(String(refusal)).toContain(`${path}: ${problem}`);
  expect(String(refusal)).not.toContain("secret-of-mine");
});

test("a configuration file may begin with a byte order mark", async () => {
  await using dir = await temporaryStateDir();

  expect(readConfigFile(await configFile(dir.path, '\uFEFF{ "port": 8080 }'))).toEqual({ port: 8080 });
});

test("a configuration file that is named and not there is refused", async () => {
  await using dir = await temporaryStateDir();

  const exit = await runGateway([], { SESSION_LOCK_CONFIG: join(dir.path, "none.json") });

  expect(exit).toMatchObject({
    code: 1,
    stderr: `session-gateway: ${join(dir.path, "none.json")}: there is no such file\n`,
  });
});

test.each([
  [["--host", ""], "the host is empty: name an address, such as 127.0.0.1"],
  [["--model", "some"], "whose model is some? say --runner as well, or --runner echo to answer without it"],
  [["--runner", "openai", "--model", ""], "openai needs a model: say --model"],
  [
    ["--runner", "openai", "--model", "some", "--base-url", "127.0.0.1:11434/v1"],
    'the base URL must begin with http:// or https://, not "127.0.0.1:11434/v1"',
  ],
  [
    ["--runner", "openai-compatible", "--model", "some", "--base-url", "http://"],
    'the base URL must begin with http:// or https://, not "http://"',
  ],
])("serve with %j does not start, and says what is wrong", async (flags, problem) => {
  await using dir = await temporaryStateDir();

  const exit = await runGateway(["--port", "0", ...flags], { SESSION_LOCK_HOME: dir.path }, dir.path);

  expect(exit).toEqual({ code: 1, stdout: "", stderr: `session-gateway: ${problem}\n` });
});

test("flags win over variables and variables over the file, whose paths are relative to it", async () => {
  await using dir = await temporaryStateDir();
  await mkdir(join(dir.path, "etc"));
  const path = join(dir.path, "etc", "gateway.json");
  const file = {
    port: 1,
    stateDir: "../state",
    runner: "anthropic",
    model: "from-file",
    stopWords: ["Halt!"],
  };
  await writeFile(path, JSON.stringify(file));
  await using gateway = await spawnGateway(
    dir.path,
    { SESSION_LOCK_HOME: "", SESSION_LOCK_PORT: "2", SESSION_LOCK_MODEL: "from-variable" },
    ["--config", path, "--port", "0"],
  );
  await using client = await TestClient.connect(gateway.url);
  await client.request("sessions.patch", { key: "main", label: "x" });

  expect(await client.request("models.list")).toMatchObject({ models: [{ id: "from-variable" }] });
  expect(await client.send("main", " halt! ")).toMatchObject({ ok: true, aborted: false });
  expect(await readdir(storePathOf(join(dir.path, "state")))).not.toEqual([]);
});

test("only the stop command and the configured words stop a run, not a sentence with them and not other words", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { stopWords: ["Halt"] });
  await using client = await TestClient.connect(gateway.url);

  for (const text of ["wait", "stop", "exit", "halt now", "/stop it"]) {
    expect(await client.send("main", text)).toMatchObject({ status: "started" });
  }
  await client.send("main", `slow: ${"word ".repeat(500)}`, "long");
  await client.chat((event) => event.runId === "long");

  expect(await client.send("main", "HALT")).toMatchObject({ ok: true, aborted: true, runIds: ["long"] });
  expect(await client.terminal("long")).toMatchObject({ state: "aborted", stopReason: "stop" });
});

test.each([
  [{ port: -1 }, "the port must be a number from 0 to 65535, not -1"],
  [{ port: 65_536 }, "the port must be a number from 0 to 65535, not 65536"],
  [{ port: 1.5 }, "the port must be a number from 0 to 65535, not 1.5"],
  [{ port: Number.NaN }, "the port must be a number from 0 to 65535, not NaN"],
  [{ drainMs: -1 }, "drainMs must be a number from 0 to 2147483647, not -1"],
  [{ drainMs: Number.NaN }, "drainMs must be a number from 0 to 2147483647, not NaN"],
  [{ drainMs: 2 ** 31 }, "drainMs must be a number from 0 to 2147483647, not 2147483648"],
  [{ drainMs: Number.POSITIVE_INFINITY }, "drainMs must be a number from 0 to 2147483647, not Infinity"],
  [{ runner: null as unknown as AgentRunner }, "the runner must have a function run, and a model"],
  [{ runner: {} as AgentRunner }, "the runner must have a function run, and a model"],
  [{ stopWords: "halt" as unknown as string[] }, "stopWords must be a list of texts that are not empty"],
  [{ stopWords: [5 as unknown as string] }, "stopWords must be a list of texts that are not empty"],
  [{ stopWords: ["halt", " "] }, "stopWords must be a list of texts that are not empty"],
])("a program that starts a gateway with %o is told what is wrong", async (options, message) => {
  await using dir = await temporaryStateDir();

  await expect(startTestGateway(dir.path, options)).rejects.toMatchObject({
    name: "GatewayError",
    code: "INVALID_CONFIG",
    message,
  });
  expect(await readdir(dir.path)).toEqual([]);
});
