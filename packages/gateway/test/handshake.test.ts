import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { connectParams, Line, TestClient } from "./client.ts";
import { rawHttp, rawSocket, upgradeLines } from "./raw-http.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const TOKEN = "correct horse battery staple";

interface Challenge {
  readonly nonce: string;
  readonly ts: number;
}

async function challengeOf(line: Line): Promise<Challenge> {
  return (await line.event((frame) => frame.event === "connect.challenge")).payload as Challenge;
}

function proof(
  key: { publicKey: KeyObject; privateKey: KeyObject },
  challenge: Challenge,
  version: "v2" | "v3",
): object {
  const raw = Buffer.from(key.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const id = createHash("sha256").update(raw).digest("hex");
  const fields = [version, id, "test", "test", "operator", "", challenge.ts, "", challenge.nonce];
  const payload = [...fields, ...(version === "v3" ? ["node", ""] : [])].join("|");
  return {
    id,
    publicKey: raw.toString("base64url"),
    signature: sign(null, Buffer.from(payload), key.privateKey).toString("base64url"),
    signedAt: challenge.ts,
    nonce: challenge.nonce,
  };
}

test("the answer to connect has everything a client begins with", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  expect(client.hello).toMatchObject({
    type: "hello-ok",
    protocol: 4,
    features: { methods: expect.arrayContaining(["chat.send", "chat.history"]) as string[] },
    snapshot: {
      sessionDefaults: { defaultAgentId: "main", mainKey: "main", mainSessionKey: "agent:main:main" },
      authMode: "none",
    },
    auth: { role: "operator", scopes: ["operator.admin", "operator.write", "operator.read"] },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
  });
  expect(JSON.stringify(client.hello)).not.toContain(dir.path);
});

test("a client of protocol 3 is spoken to in protocol 3, a newer one in 4", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  await using old = await TestClient.connect(gateway.url, { minProtocol: 3, maxProtocol: 3 });
  await using newer = await TestClient.connect(gateway.url, { minProtocol: 3, maxProtocol: 9 });

  expect(old.hello.protocol).toBe(3);
  expect(newer.hello.protocol).toBe(4);
});

test.each([
  [1, 2],
  [5, 6],
])(
  "a client that speaks only protocols %i to %i is told which one is expected",
  async (minProtocol, maxProtocol) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    const line = await Line.open(gateway.url);

    await expect(line.request("connect", connectParams({ minProtocol, maxProtocol }))).rejects.toMatchObject({
      details: { code: "PROTOCOL_MISMATCH", expectedProtocol: 4 },
    });
    expect((await line.closed).code).toBe(1002);
  },
);

test.each([
  [
    "another method",
    JSON.stringify({ type: "req", id: "1", method: "chat.history", params: { sessionKey: "main" } }),
  ],
  ["no JSON", "hello"],
  ["no request", JSON.stringify({ type: "event", event: "tick" })],
  ["connect without parameters", JSON.stringify({ type: "req", id: "1", method: "connect" })],
  [
    "another role",
    JSON.stringify({ type: "req", id: "1", method: "connect", params: { ...connectParams(), role: "node" } }),
  ],
])("a connection that begins with %s is answered with an error and closed", async (_name, frame) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);

  line.raw(frame);
  const { code } = await line.closed;

  expect(code).toBe(1008);
  expect(line.answers).toMatchObject([{ ok: false, error: { code: "INVALID_REQUEST" } }]);
});

test.each([70_000, 100_000, 8 * 1024 * 1024])(
  "a frame of %i bytes before connect, more than 64 KiB, is cut off and not answered",
  async (bytes) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    const line = await Line.open(gateway.url);

    line.raw("x".repeat(bytes));

    expect((await line.closed).code).toBe(1009);
    expect(line.answers).toEqual([]);
  },
);

test("a connect of 64 KiB is read", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);
  const frame = { type: "req", id: "1", method: "connect", params: connectParams() };
  // The bytes that are counted are those of the wire: 14 are the header of a frame this long.
  line.raw(JSON.stringify(frame).padEnd(64 * 1024 - 14));

  expect(await line.answer("1")).toMatchObject({ ok: true });
  await line.close();
});

test("a frame larger than 64 KiB after connect is read", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "y".repeat(200_000), "run-1");

  expect((await client.terminal("run-1")).state).toBe("final");
});

test.each([
  ["a foreign origin", { origin: "http://evil.example" }],
  ["an origin that only begins like ours", { origin: "http://127.0.0.1.evil.example" }],
  ["the origin of another port", { origin: "http://127.0.0.1:1" }],
  ["the origin null", { origin: "null" }],
  ["a name that was made to resolve to this machine", { headers: { host: "rebind.evil.example" } }],
  ["a host with a wildcard name service", { headers: { host: "127.0.0.1.nip.io:18789" } }],
  ["a host with another port", { headers: { host: "127.0.0.1:1" } }],
  ["a browser that comes from another site", { headers: { "sec-fetch-site": "cross-site" } }],
])("an upgrade with %s is refused", async (_name, options) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  await expect(Line.open(gateway.url, options)).rejects.toThrow("refused: 403");
});

test("the page's own origin is let in", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const line = await Line.open(gateway.url, { origin: new URL(gateway.url).origin });

  await expect(line.request("connect", connectParams())).resolves.toMatchObject({ type: "hello-ok" });
  await line.close();
});

test.each([
  ["no token", undefined, "AUTH_TOKEN_MISSING"],
  ["an empty token", "", "AUTH_TOKEN_MISSING"],
  ["a wrong token", "wrong horse battery staple", "AUTH_TOKEN_MISMATCH"],
  ["a token that is too long", `${TOKEN}!`, "AUTH_TOKEN_MISMATCH"],
])("where a token is asked for, %s is refused", async (_name, token, code) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: TOKEN });
  const line = await Line.open(gateway.url);

  await expect(
    line.request("connect", connectParams(token === undefined ? {} : { token })),
  ).rejects.toMatchObject({ details: { code } });
  expect((await line.closed).code).toBe(1008);
});

test("the right token is let in", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: TOKEN });

  await using client = await TestClient.connect(gateway.url, { token: TOKEN });

  expect(client.hello.snapshot.authMode).toBe("token");
});

test("after ten refused tokens the address has to wait, loopback included", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: TOKEN });
  const knock = async (token: string): Promise<unknown> =>
    (await Line.open(gateway.url))
      .request("connect", connectParams({ token }))
      .catch((error: unknown) => error);

  for (let guess = 0; guess < 10; guess += 1) await knock(`guess ${guess}`);

  expect(await knock(TOKEN)).toMatchObject({ code: "UNAVAILABLE", details: { code: "AUTH_RATE_LIMITED" } });
});

test("more than 32 connections that have not connected yet are not admitted", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const lines = await Promise.all(Array.from({ length: 32 }, () => Line.open(gateway.url)));

  await expect(Line.open(gateway.url)).rejects.toThrow("refused: 429");
  const refusal = await rawHttp(gateway.url, upgradeLines(gateway.url));
  await Promise.all(lines.map((line) => line.close()));

  expect(refusal).toMatch(/\r\nretry-after: 1\r\n/);
});

test("a connection that ends in the middle of its handshake makes room at once, and one that is in takes none", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const lines = await Promise.all(Array.from({ length: 32 }, () => Line.open(gateway.url)));
  await lines[0]?.close();
  await lines[1]?.request("connect", connectParams());

  const others = await Promise.all([Line.open(gateway.url), Line.open(gateway.url)]);

  await expect(Line.open(gateway.url)).rejects.toThrow("refused: 429");
  await Promise.all([...lines, ...others].map((line) => line.close()));
});

test("a connection that was refused and does not hang up still counts among those that have not connected", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const noRequest = Buffer.from([0x81, 0x82, 0, 0, 0, 0, ...Buffer.from("{}")]);
  const bytes = Buffer.concat([Buffer.from(upgradeLines(gateway.url).join("\r\n")), noRequest]);
  const refused = Array.from({ length: 32 }, () => rawSocket(gateway.url, bytes, "connect first"));
  const sockets = await Promise.all(refused);

  await expect(Line.open(gateway.url)).rejects.toThrow("refused: 429");
  for (const socket of sockets) socket.destroy();
});

test("an address of other machines without a token is refused", async () => {
  await using dir = await temporaryStateDir();

  await expect(startTestGateway(dir.path, { host: "0.0.0.0" })).rejects.toMatchObject({
    code: "INSECURE_BIND",
  });
});

test.each(["v2", "v3"] as const)("a device proof of version %s is verified", async (version) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);
  const device = proof(generateKeyPairSync("ed25519"), await challengeOf(line), version);

  await expect(line.request("connect", { ...connectParams(), device })).resolves.toMatchObject({
    type: "hello-ok",
  });
  await line.close();
});

test.each([
  ["signed by another key", { signature: "AAAA" }, "DEVICE_AUTH_SIGNATURE_INVALID"],
  ["over no challenge", { nonce: undefined }, "DEVICE_AUTH_NONCE_REQUIRED"],
  ["over an empty challenge", { nonce: "" }, "DEVICE_AUTH_NONCE_REQUIRED"],
  ["over another challenge", { nonce: "old" }, "DEVICE_AUTH_NONCE_MISMATCH"],
  ["of long ago", { signedAt: 1 }, "DEVICE_AUTH_SIGNATURE_EXPIRED"],
  ["under another id", { id: "00" }, "DEVICE_AUTH_DEVICE_ID_MISMATCH"],
  ["without a key", { publicKey: "AAAA" }, "DEVICE_AUTH_PUBLIC_KEY_INVALID"],
])("a device proof %s is refused", async (_name, change, code) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);
  const device = { ...proof(generateKeyPairSync("ed25519"), await challengeOf(line), "v3"), ...change };

  await expect(line.request("connect", { ...connectParams(), device })).rejects.toMatchObject({
    details: { code },
  });
});

test.each([
  ["chat.send", ["operator.read"], "operator.write"],
  ["chat.inject", ["operator.write"], "operator.admin"],
  ["chat.history", ["operator.approvals"], "operator.read"],
])("%s asks for more than %j", async (method, scopes, missingScope) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url, { scopes });

  await expect(client.request(method, { sessionKey: "main" })).rejects.toMatchObject({
    code: "FORBIDDEN",
    details: { code: "MISSING_SCOPE", missingScope },
  });
});

test("a connection that may not read hears nothing of what is said", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using writer = await TestClient.connect(gateway.url, { scopes: ["operator.write"] });
  await using stranger = await TestClient.connect(gateway.url, { scopes: ["operator.approvals"] });

  await writer.send("main", "hello", "run-1");
  await writer.terminal("run-1");
  // Its answer comes after everything that was sent to it before.
  await expect(stranger.request("health")).rejects.toMatchObject({ code: "FORBIDDEN" });

  expect(stranger.chats).toEqual([]);
});

test.each(["no.such.method", "constructor", "__proto__", "connect"])(
  "the method %s is unknown",
  async (method) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    await using client = await TestClient.connect(gateway.url);

    await expect(client.request(method)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: `unknown method: ${method}`,
    });
  },
);

test("a frame that is no request is answered with the place that is wrong, and the connection lives on", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);
  await line.request("connect", connectParams());

  line.raw('{"type":"req","id":"x"}');
  line.raw("[".repeat(50_000));
  line.raw('{"type":"req","id":"y","method":"health"}');

  const error = await line.answer("x").then((answer) => answer.error);
  expect(error).toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringMatching(/^invalid request frame: at \/method: /) as string,
  });
  expect(await line.answer("invalid")).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
  expect(await line.answer("y")).toMatchObject({ ok: true, payload: { ok: true } });
  await line.close();
});

test("events are numbered without a gap on each connection", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "slow: a b", "run-1");
  await using late = await TestClient.connect(gateway.url);

  await Promise.all([client.terminal("run-1"), late.terminal("run-1")]);

  const numbers = (of: TestClient): unknown[] => of.frames.flatMap((frame) => frame.seq ?? []);
  expect(numbers(client)).toEqual(numbers(client).map((_seq, index) => index + 1));
  expect(numbers(late)).toEqual(numbers(late).map((_seq, index) => index + 1));
});
