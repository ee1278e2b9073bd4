import { expect, test } from "vitest";
import { pino } from "pino";
import { isSameSecret } from "../src/connection/auth.ts";
import { startGateway } from "../src/index.ts";
import { connectParams, Line, TestClient } from "./client.ts";
import { rawHttp, upgradeLines } from "./raw-http.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

async function greet(url: string, params: object, headers: Record<string, string> = {}): Promise<unknown> {
  const line = await Line.open(url, { headers });
  await line.event((frame) => frame.event === "connect.challenge");
  return line.request("connect", params).finally(() => line.close());
}

function withToken(token: unknown): object {
  return { ...connectParams(), auth: { token } };
}

test("a page of a foreign origin gets 403 and no upgrade, whatever client it says it is", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  for (const origin of ["http://evil.example", "null", `${gateway.url}.evil.example`, "file://"]) {
    await expect(Line.open(gateway.url, { origin })).rejects.toThrow("refused: 403");
  }
});

test("a browser that names no origin but a foreign site gets 403 and no upgrade", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  for (const site of ["cross-site", "same-site"]) {
    const headers = { "sec-fetch-site": site };
    await expect(Line.open(gateway.url, { headers })).rejects.toThrow("refused: 403");
  }
});

test.each([
  "rebind.evil.example:PORT",
  "127.0.0.1.nip.io:PORT",
  "localhost.:PORT",
  "localhost:1",
  "localhost",
  "[::2]:PORT",
  "[::1].evil.example:PORT",
  "localhost:PORT@evil.example",
  "evil.example#localhost:PORT",
])("a request for the host %s is refused, over HTTP and as an upgrade", async (name) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const host = name.replace("PORT", new URL(gateway.url).port);

  const page = await rawHttp(gateway.url, ["GET / HTTP/1.1", `Host: ${host}`, "Connection: close", "", ""]);
  const upgrade = await rawHttp(gateway.url, upgradeLines(gateway.url, { Host: host }));

  expect(page).toMatch(/^HTTP\/1\.1 40[03] /);
  expect(upgrade).toMatch(/^HTTP\/1\.1 40[03] /);
});

test.each([
  undefined,
  "",
  "x",
  "secretsecret",
  "secre",
  "Secret",
  ["secret"],
  { secret: true },
  5,
  true,
  null,
])("the token %j does not get in", async (token) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });

  await expect(greet(gateway.url, withToken(token))).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("the refusal of a token does not tell how near it was, and secrets of unequal length are compared", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  const refusals = await Promise.all(
    ["s", "secre", "secreT", "x".repeat(100)].map((token) =>
      greet(gateway.url, withToken(token)).catch((error: unknown) => error),
    ),
  );

  expect(new Set(refusals.map((error) => JSON.stringify(error))).size).toBe(1);
  expect(isSameSecret("short", "a much longer secret")).toBe(false);
  expect(isSameSecret("", "secret")).toBe(false);
});

test("a token in the address is refused, and no token is in a log, an error or a reason", async () => {
  await using dir = await temporaryStateDir();
  const logged: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line) => void logged.push(line) });
  await using gateway = await startTestGateway(dir.path, { token: "the-right-secret", logger });

  for (const query of ["token", "access_token", "password", "auth"]) {
    const url = `${gateway.url}?${query}=the-right-secret`;
    await expect(Line.open(url)).rejects.toThrow("refused: 400");
    expect((await fetch(url)).status).toBe(400);
  }
  const line = await Line.open(gateway.url);
  await line.event((frame) => frame.event === "connect.challenge");
  const refusal = await line
    .request("connect", withToken("the-wrong-secret"))
    .catch((error: unknown) => error);
  const { reason } = await line.closed;
  await TestClient.connect(gateway.url, { token: "the-right-secret" }).then((client) => client.close());

  const told = `${logged.join("")}${JSON.stringify(refusal)}${String(refusal)}${reason}`;
  expect(told).not.toContain("the-right-secret");
  expect(told).not.toContain("the-wrong-secret");
});

test("an address with another gateway in it changes nothing of whom the page may speak to", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const { host } = new URL(gateway.url);

  const page = await fetch(`${gateway.url}?gatewayUrl=ws://evil.example&url=ws://evil.example`);
  const policy = page.headers.get("content-security-policy") ?? "";

  expect(/connect-src ([^;]*)/.exec(policy)?.[1]).toBe(`'self' ws://${host} wss://${host}`);
  expect(await page.text()).not.toContain("evil.example");
});

test("a forged forwarding header makes no new address of a client that guesses", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });
  await using inside = await TestClient.connect(gateway.url, { token: "secret" });

  for (let guess = 0; guess < 10; guess += 1) {
    const headers = {
      "x-forwarded-for": `192.0.2.${guess}`,
      "x-real-ip": "127.0.0.1",
      forwarded: "for=127.0.0.1",
    };
    await expect(greet(gateway.url, withToken(`guess ${guess}`), headers)).rejects.toThrow("token mismatch");
  }

  const forged = { "x-forwarded-for": "192.0.2.99" };
  await expect(greet(gateway.url, withToken("secret"), forged)).rejects.toMatchObject({
    details: { code: "AUTH_RATE_LIMITED" },
  });
  expect(await inside.request("health")).toMatchObject({ ok: true });
});

test("it listens on this machine alone, and without a token on no other address", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  expect(new URL(gateway.url).hostname).toBe("127.0.0.1");
  for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
    await expect(startGateway({ host, port: 0, stateDir: dir.path })).rejects.toMatchObject({
      code: "INSECURE_BIND",
    });
  }
});

test("what a client declares of itself widens nothing", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const hello = await greet(gateway.url, { ...connectParams(), scopes: ["operator.read", "root", "*"] });
  const node = greet(gateway.url, { ...connectParams(), role: "node" });

  expect(hello).toMatchObject({ auth: { role: "operator", scopes: ["operator.read"] } });
  await expect(node).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test.each(["chat.send", "chat.history", "health", "config.apply", ""])(
  "the method %j before connect ends the connection",
  async (method) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    const line = await Line.open(gateway.url);

    line.raw(JSON.stringify({ type: "req", id: "1", method, params: {} }));

    expect(await line.closed).toMatchObject({ code: 1008 });
  },
);

test("headers that never end are cut off, and those who are inside do not notice", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using inside = await TestClient.connect(gateway.url);
  const { host } = new URL(gateway.url);

  const slow = Array.from({ length: 20 }, () =>
    rawHttp(gateway.url, ["GET / HTTP/1.1", `Host: ${host}`, "X-Slow: ..."]),
  );
  expect(await inside.request("health")).toMatchObject({ ok: true });
  const answers = await Promise.all(slow);

  expect(new Set(answers.map((answer) => answer.slice(0, 12)))).toEqual(new Set(["HTTP/1.1 408"]));
});

test.each([
  ["another version", { "Sec-WebSocket-Version": "1" }],
  ["no key", { "Sec-WebSocket-Key": undefined }],
  ["a key that is none", { "Sec-WebSocket-Key": "short" }],
  ["another protocol", { Upgrade: "irc/6.9" }],
  ["a header of a megabyte", { "X-Large": "x".repeat(1024 * 1024) }],
])("an upgrade with %s is refused and its connection freed", async (_what, changed) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const answer = await rawHttp(gateway.url, upgradeLines(gateway.url, changed));

  expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
});

test("an upgrade with thousands of headers does not stop the gateway", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`X-${index}`, "1"]));

  const answer = await rawHttp(
    gateway.url,
    upgradeLines(gateway.url, { ...many, "Sec-WebSocket-Key": undefined }),
  );

  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
});

test("a body with two lengths and a method that is not served are refused", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const { host } = new URL(gateway.url);

  const smuggled = await rawHttp(gateway.url, [
    "POST /v1/chat/completions HTTP/1.1",
    `Host: ${host}`,
    "Content-Type: application/json",
    "Content-Length: 4",
    "Transfer-Encoding: chunked",
    "",
    "0",
    "",
    "GET /healthz HTTP/1.1",
    `Host: ${host}`,
    "",
    "",
  ]);
  const put = await fetch(`${gateway.url}healthz`, { method: "PUT", body: "{}" });

  expect(smuggled).toMatch(/^HTTP\/1\.1 400 /);
  expect(smuggled).not.toContain('"live"');
  expect(put.status).toBe(405);
});

test("no answer may be read by another site, guessed at in its type, or kept", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  for (const path of ["healthz", "readyz", "metrics", "v1/models", "none"]) {
    const { headers } = await fetch(`${gateway.url}${path}`);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});
