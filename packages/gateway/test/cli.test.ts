import { createServer } from "node:net";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { runGateway, runUnread, spawnGateway } from "./gateway-process.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("call prints the answer of a method, in one line with --json", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const env = { SESSION_LOCK_URL: gateway.url, SESSION_LOCK_TOKEN: "secret" };

  const pretty = await runGateway(["call", "agents.list"], env);
  const params = JSON.stringify({ sessionKey: "main", message: "hello", idempotencyKey: "run-1" });
  const json = await runGateway(["call", "agent", params, "--json"], env);

  expect([pretty.code, json.code]).toEqual([0, 0]);
  expect(pretty.stdout).toContain('{\n  "defaultId": "main"');
  expect(JSON.parse(json.stdout)).toMatchObject({
    runId: "run-1",
    status: "ok",
    result: { payloads: [{ text: "echo: hello" }] },
  });
  expect(json.stdout.trimEnd()).not.toContain("\n");
});

test("status says what a gateway is busy with, for people and for programs", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "hello", "run-1");
  await runner.started("run-1");

  const people = await runGateway(["status", "--url", gateway.url]);
  const programs = await runGateway(["status", "--url", gateway.url, "--json"]);

  expect(people).toMatchObject({ code: 0, stderr: "" });
  expect(people.stdout).toContain(`at ${gateway.url}: serving`);
  expect(people.stdout).toContain("runs: 1 active, 0 waiting\n");
  expect(programs.code).toBe(0);
  expect(JSON.parse(programs.stdout)).toMatchObject({ url: gateway.url, draining: false, activeRuns: 1 });
});

test("the exit code tells what was wrong", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const address = silent.address();
  const silentUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
  const url = ["--url", gateway.url];

  const exits = await Promise.all([
    runGateway(["call", "no.such.method", "--token", "secret", "--json", ...url]),
    runGateway(["call"]),
    runGateway(["call", "health", "{"]),
    runGateway(["serv"]),
    runGateway(["status", "--url", "http://127.0.0.1:1/"]),
    runGateway(["status", "--url", silentUrl, "--timeout", "200"]),
    runGateway(["status", "--token", "wrong", ...url]),
    runGateway(["status", "--url", "file:///etc/passwd"]),
  ]);
  silent.close();

  expect(exits.map(({ code }) => code)).toEqual([1, 64, 64, 64, 69, 75, 77, 64]);
  expect(exits.map(({ stdout }) => stdout).join("")).toBe("");
  const errors = exits.map(({ stderr }) => stderr);
  expect(JSON.parse(errors[0] ?? "")).toMatchObject({ error: { code: "INVALID_REQUEST" } });
  expect(errors[3]).toBe(
    'session-gateway: unknown command "serv"; did you mean serve? (see session-gateway --help)\n',
  );
  expect(errors[4]).toContain("no gateway answers at http://127.0.0.1:1/");
  expect(errors[6]).toContain(
    "token mismatch; give the gateway's token in SESSION_LOCK_TOKEN or with --token",
  );
  expect(errors.join("")).not.toContain("secret");
});

test("an address that is none is wrong usage, told as JSON with --json", async () => {
  const wrong = ["--url", "file:///etc/passwd"];
  const message = "the URL must begin with http://, https://, ws:// or wss://";

  const exits = await Promise.all([
    runGateway(["status", ...wrong]),
    runGateway(["status", "--json", ...wrong]),
    runGateway(["call", "health", "--json", ...wrong]),
    runGateway(["status"], { SESSION_LOCK_PORT: "http" }),
  ]);

  expect(exits.map(({ code, stdout }) => [code, stdout])).toEqual(exits.map(() => [64, ""]));
  expect(exits[0].stderr).toBe(`session-gateway: ${message}\n`);
  for (const { stderr } of exits.slice(1, 3))
    expect(JSON.parse(stderr)).toEqual({ error: { code: "INVALID_CONFIG", message } });
  expect(exits[3].stderr).toContain("the port must be a number from 0 to 65535");
});

test("a port that is none keeps nobody from a gateway whose address is given", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const env = { SESSION_LOCK_PORT: "http" };

  const exits = await Promise.all([
    runGateway(["status", "--url", gateway.url], env),
    runGateway(["call", "health"], { ...env, SESSION_LOCK_URL: gateway.url }),
  ]);

  expect(exits.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
  ]);
});

test("a reader who stops early, as head does, is no failure", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const url = ["--url", gateway.url];

  const exits = await Promise.all([
    runUnread(["--help"]),
    runUnread(["call", "health", ...url]),
    runUnread(["status", ...url]),
    runUnread(["call", "no.such.method", "--json", ...url]),
  ]);

  expect(exits.map(({ code }) => code)).toEqual([0, 0, 0, 1]);
  expect(exits.slice(0, 3).map(({ stderr }) => stderr)).toEqual(["", "", ""]);
});

test("a password or a key in --url is told to nobody", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const withSecrets = (url: string): string =>
    `${url.replace("http://", "http://proxy:hush-hush@")}?key=hush-hush`;

  const exits = await Promise.all([
    runGateway(["status", "--url", withSecrets("http://127.0.0.1:1/")]),
    runGateway(["status", "--url", withSecrets(gateway.url)]),
    runGateway(["status", "--json", "--url", withSecrets(gateway.url)]),
  ]);

  const told = exits.map(({ stdout, stderr }) => stdout + stderr).join("");
  expect(told).toContain("no gateway answers at http://127.0.0.1:1/:");
  expect(told).not.toContain("hush-hush");
});

test("what is wrong is told in one line, whoever worded it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const exits = await Promise.all([
    runGateway(["--port", "-1"]), // Node's words have three lines
    runGateway(["status", "--url", gateway.url.replace("http:", "https:")]), // and those of OpenSSL end in one
    runGateway(["call", "health", "a\nb\u001b[2J"]), // and a complaint about JSON quotes it
  ]);

  expect(exits.map(({ code }) => code)).toEqual([64, 69, 64]);
  expect(exits.map(({ stderr }) => stderr.split("\n").length)).toEqual([2, 2, 2]);
  expect(exits[2].stderr).not.toContain("\u001b");
});

test.each([
  [["--help"], "session-gateway call <method> [json]"],
  [["serve", "--help"], "SESSION_LOCK_API_KEY"],
  [["call", "--help"], "Exit codes: 0 answered, 1 refused"],
  [["status", "-h"], "75 it shuts down"],
])("%j tells the options of its command", async (args, text) => {
  expect(await runGateway(args)).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining(text) as string,
  });
});

test("where other machines reach it and no token is set, one is made, shown once, and needed", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await spawnGateway(dir.path, { SESSION_LOCK_LOG: "trace" }, [
    "serve",
    "--host",
    "0.0.0.0",
    "--port",
    "0",
  ]);
  const url = gateway.url.replace("0.0.0.0", "127.0.0.1");
  const token = /shown only here: (\S{32})$/.exec(await gateway.line(1))?.[1] ?? "";

  await expect(TestClient.connect(url)).rejects.toMatchObject({ message: "unauthorized: token missing" });
  await using client = await TestClient.connect(url, { token });
  expect(await client.request("health")).toMatchObject({ ok: true });
  const exit = await gateway.kill("SIGTERM");

  expect(exit.stdout.split(token)).toHaveLength(2);
  expect(exit.stderr).not.toContain(token);
});
