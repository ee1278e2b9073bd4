import { readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { runGateway, spawnGateway } from "./gateway-process.ts";
import { startModelServer } from "./model-server.ts";
import { PROVIDER_SCRIPTS } from "./provider-scripts.ts";
import { startProvider } from "./provider-server.ts";
import { temporaryStateDir } from "./temporary-gateway.ts";
import { conversation, readEntries, sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

test("the program says in one line where it listens", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path);

  const healthz = await fetch(`${gateway.url}healthz`);
  const { stdout } = await gateway.kill("SIGTERM");

  expect(healthz.status).toBe(200);
  expect(stdout).toBe(`session-lock gateway ready at ${gateway.url}\n`);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "%s lets the active run finish, says goodbye and exits with 0",
  async (signal) => {
    await using dir = await temporaryStateDir();
    const config = join(dir.path, "config.json");
    await writeFile(config, JSON.stringify({ drainMs: 150_000 })); // the end of a hang, not a measure
    await using gateway = await spawnGateway(dir.path, { SESSION_LOCK_CONFIG: config });
    const client = await TestClient.connect(gateway.url);

    await client.send("main", "slow: a b c", "run-1");
    await client.chat((event) => event.state === "delta");
    const exit = await gateway.kill(signal);

    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(await client.terminal("run-1")).toMatchObject({ state: "final" });
    expect(await client.event("shutdown")).toMatchObject({ payload: { reason: "stopping" } });
    expect(await client.closed()).toEqual({ code: 1012, reason: "service restart" });
    expect(await conversation(await sessionFileOf(dir.path, MAIN))).toEqual([
      "user: slow: a b c",
      "assistant: echo: slow: a b c",
    ]);
  },
);

test("SIGTERM stops a run that would take too long and keeps what it has said", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path);
  const client = await TestClient.connect(gateway.url);

  await client.send("main", `slow: ${"word ".repeat(1000)}`, "run-1");
  await client.chat((event) => event.state === "delta");
  const exit = await gateway.kill("SIGTERM");

  expect(exit.code).toBe(0);
  expect(await client.terminal("run-1")).toMatchObject({ state: "aborted", stopReason: "shutdown" });
  const entries = await readEntries(await sessionFileOf(dir.path, MAIN));
  expect(entries.filter((entry) => entry.type === "message")).toMatchObject([
    { message: { role: "user" } },
    { message: { role: "assistant", openclawAbort: { aborted: true, origin: "shutdown", runId: "run-1" } } },
  ]);
});

test("a port that is in use ends the program with a message that says what to do", async () => {
  await using dir = await temporaryStateDir();
  const squatter = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  const address = squatter.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const exit = await runGateway(["--port", String(port)], { SESSION_LOCK_HOME: dir.path });
  squatter.close();

  expect(exit).toMatchObject({ code: 1, stdout: "" });
  expect(exit.stderr).toBe(
    `session-gateway: port ${port} on 127.0.0.1 is in use: stop the program that listens there or choose another with --port\n`,
  );
});

test("a start that fails leaves nothing that later gateways would look after", async () => {
  await using dir = await temporaryStateDir();
  await using other = await temporaryStateDir();
  await using gateway = await spawnGateway(other.path);
  const { port } = new URL(gateway.url);

  const { code } = await runGateway(["--port", port], { SESSION_LOCK_HOME: dir.path });

  expect(code).toBe(1);
  expect(await readdir(join(dir.path, "gateways"))).toEqual([]);
});

test.each([
  [{}, ["--host", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1, port 0: "],
  [{}, ["--host", "no-such-host.invalid", "--port", "0"], "cannot listen on no-such-host.invalid, port 0: "],
  [{ SESSION_LOCK_HOME: fileURLToPath(import.meta.url) }, ["--port", "0"], "sessions cannot be kept in "],
  // To a folder that is made in it, /proc says that it does not exist itself.
  [{ SESSION_LOCK_HOME: "/proc/nowhere" }, ["--port", "0"], "sessions cannot be kept in /proc/nowhere: "],
])("what keeps the program from starting is one line: %j %j", async (env, args, problem) => {
  await using dir = await temporaryStateDir();

  const exit = await runGateway(args, { SESSION_LOCK_HOME: dir.path, ...env });

  expect(exit).toMatchObject({ code: 1, stdout: "" });
  expect(exit.stderr.trimEnd().split("\n")).toEqual([expect.stringContaining(`session-gateway: ${problem}`)]);
});

test.each([
  [["--port", "many"], {}, 'the port must be a number from 0 to 65535, not "many"'],
  [[], { SESSION_LOCK_LOG: "loud" }, "SESSION_LOCK_LOG must be one of"],
  [
    ["--runner", "oracle"],
    {},
    'the runner must be one of echo, anthropic, openai, google, openai-compatible, not "oracle"',
  ],
  [["--runner", "anthropic"], {}, "anthropic needs a model: say --model"],
  [
    ["--runner", "openai-compatible", "--model", "small"],
    {},
    "openai-compatible needs the address of a service: say --base-url",
  ],
])("the arguments %j with %j are refused with what is wrong", async (args, env, problem) => {
  await using dir = await temporaryStateDir();

  const exit = await runGateway(args, { SESSION_LOCK_HOME: dir.path, ...env });

  expect(exit).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(problem) as string });
});

test("a flag that does not exist is wrong usage", async () => {
  const exit = await runGateway(["--nonsense"]);

  expect(exit).toMatchObject({ code: 64, stdout: "" });
  expect(exit.stderr).toBe(
    "session-gateway: Unknown option '--nonsense' (see session-gateway serve --help)\n",
  );
});

test("the runner that the variables name answers", async () => {
  await using server = await startModelServer(() => ({ kind: "text", words: ["from ", "afar"] }));
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path, {
    SESSION_LOCK_RUNNER: "openai-compatible",
    SESSION_LOCK_MODEL: "small",
    SESSION_LOCK_BASE_URL: server.baseUrl,
    SESSION_LOCK_API_KEY: "key-of-the-test",
  });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "hello", "run-1");
  const final = await client.terminal("run-1");
  const { stderr } = await gateway.kill("SIGTERM");

  expect(final).toMatchObject({ message: { model: "small", content: [{ text: "from afar" }] } });
  expect(server.requests).toMatchObject([{ authorization: "Bearer key-of-the-test" }]);
  expect(stderr).toBe("");
});

test("what the AI SDK remarks on a model is a line of the log like any other", async () => {
  const script = PROVIDER_SCRIPTS.find(({ provider }) => provider === "anthropic");
  await using server = await startProvider(() => ({ kind: "stream", events: script?.answers ?? [] }));
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path, {
    SESSION_LOCK_RUNNER: "anthropic",
    SESSION_LOCK_MODEL: "small",
    SESSION_LOCK_BASE_URL: `${server.url}/v1`,
    SESSION_LOCK_API_KEY: "key-of-the-test",
  });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");
  const { stderr } = await gateway.kill("SIGTERM");

  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([{ level: 40, model: "small", warnings: [{ feature: "maxOutputTokens" }] }]);
});

test("--help and --version answer and exit", async () => {
  const [help, version] = await Promise.all([runGateway(["--help"]), runGateway(["--version"])]);

  expect(help).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("SESSION_LOCK_HOME") as string,
  });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
});
