import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectParams, Line, TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

const MIB = 1024 * 1024;

/** A socket that is connected and knows no manners. */
async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http:", "ws:"));
  await once(socket, "message");
  socket.send(JSON.stringify({ type: "req", id: "connect", method: "connect", params: connectParams() }));
  await once(socket, "message");
  return socket;
}

async function closeCode(socket: WebSocket): Promise<unknown> {
  socket.on("error", () => undefined); // the code is what counts
  const [code] = (await once(socket, "close")) as unknown[];
  return code;
}

async function connectedLine(url: string): Promise<Line> {
  const line = await Line.open(url);
  await line.event((frame) => frame.event === "connect.challenge");
  await line.request("connect", connectParams());
  return line;
}

test("a frame beyond the limit closes its connection with 1009 and nobody else's", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using other = await TestClient.connect(gateway.url);
  const socket = await connected(gateway.url);

  socket.send(Buffer.alloc(26 * MIB, "x"), { binary: false });

  expect(await closeCode(socket)).toBe(1009);
  expect(await other.request("health")).toMatchObject({ ok: true });
});

test("compression is not agreed to, so there is nothing to inflate", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const socket = new WebSocket(gateway.url.replace("http:", "ws:"), { perMessageDeflate: true });

  await once(socket, "open");

  expect(socket.extensions).toBe("");
  socket.terminate();
});

test("a message in a million fragments closes its connection", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const socket = await connected(gateway.url);
  const closed = closeCode(socket);

  for (let count = 0; count < 1_000_000 && socket.readyState === socket.OPEN; count += 1) {
    socket.send("x", { fin: false });
    // Lets the answer in, and keeps what is not sent yet small.
    while (socket.bufferedAmount > MIB) await new Promise((resolve) => setImmediate(resolve));
  }

  expect([1008, 1009]).toContain(await closed);
});

test("a peer that pings and does not read is closed", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using other = await TestClient.connect(gateway.url);
  const socket = await connected(gateway.url);
  socket.on("error", () => undefined); // the connection is cut in the middle of it

  socket.pause();
  const connections = async (): Promise<unknown> => (await other.request("status"))["connections"];
  expect(await connections()).toBe(2);
  while ((await connections()) === 2) {
    for (let count = 0; count < 2_000 && socket.bufferedAmount < MIB; count += 1)
      socket.ping("x".repeat(125));
  }

  expect(await connections()).toBe(1);
  socket.terminate();
});

test("text that is no UTF-8 closes the connection with 1007, and binary frames with 1003", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const crooked = await connected(gateway.url);
  const binary = await connected(gateway.url);

  crooked.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
  binary.send(Buffer.from("{}"));

  expect(await Promise.all([closeCode(crooked), closeCode(binary)])).toEqual([1007, 1003]);
});

const DEEP = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const MANY_KEYS = `{${Array.from({ length: 300_000 }, (_, index) => `"k${index}":1`).join(",")}}`;

test.each([
  ["a hundred thousand levels", DEEP],
  [
    "a hundred thousand levels as parameters",
    `{"type":"req","id":"1","method":"chat.send","params":${DEEP}}`,
  ],
  [
    "a hundred thousand levels as a message",
    `{"type":"req","id":"1","method":"chat.send","params":{"sessionKey":"main","idempotencyKey":"1","message":${DEEP}}}`,
  ],
  ["hundreds of thousands of keys", `{"type":"req","id":"1","method":"chat.send","params":${MANY_KEYS}}`],
  [
    "a number beyond all numbers",
    '{"type":"req","id":"1","method":"chat.history","params":{"sessionKey":"main","limit":1e999}}',
  ],
  ["an unknown method", '{"type":"req","id":"1","method":"constructor"}'],
  ["a number as its id", '{"type":"req","id":5,"method":"health"}'],
  ["an object as its id", '{"type":"req","id":{},"method":"health"}'],
  ["no id", '{"type":"req","method":"health"}'],
  ["a method that is a list", '{"type":"req","id":"1","method":["health"]}'],
  ["the type of an answer", '{"type":"res","id":"1","ok":true}'],
])("a frame with %s is answered with a typed error, and the connection lives on", async (_what, frame) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectedLine(gateway.url);

  line.raw(frame);
  line.raw('{"type":"req","id":"after","method":"health"}');
  await line.answer("after");

  expect(line.answers.filter(({ id }) => id !== "after").at(-1)).toMatchObject({
    ok: false,
    error: { code: "INVALID_REQUEST" },
  });
  await line.close();
});

test("of a key that is there twice the last one counts, and only it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectedLine(gateway.url);

  line.raw('{"type":"req","id":"1","method":"no.such.method","method":"health"}');

  expect(await line.answer("1")).toMatchObject({ ok: true });
  await line.close();
});

test("prototype keys at any depth are refused or inert", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectedLine(gateway.url);
  const send =
    '"method":"chat.send","params":{"sessionKey":"main","message":"hello","idempotencyKey":"run-1"';

  line.raw(`{"type":"req","id":"1","__proto__":{"polluted":1},${send},"__proto__":{"polluted":1}}}`);
  line.raw(
    `{"type":"req","id":"2","constructor":{"prototype":{"polluted":1}},${send},"constructor":{"prototype":{"polluted":1}}}}`,
  );
  line.raw(`{"type":"req","id":"3",${send}}}`);
  await line.answer("3");

  expect(line.answers.filter(({ id }) => id === "1" || id === "2")).toMatchObject([
    { ok: false },
    { ok: false },
  ]);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  expect("polluted" in {}).toBe(false);
  await line.close();
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
  "the session key and run id %s are ordinary ones",
  async (name) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    await using client = await TestClient.connect(gateway.url);

    expect(await client.send(name, "hello", name)).toEqual({ runId: name, status: "started" });
    expect(await client.terminal(name)).toMatchObject({ state: "final" });
    expect(await client.request("sessions.describe", { key: name })).toMatchObject({
      session: { key: `agent:main:${name}` },
    });
  },
);

test("a request that is sent again as it was is no second message", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await connectedLine(gateway.url);
  const params = { sessionKey: "main", message: "once", idempotencyKey: "run-1" };
  const frame = JSON.stringify({ type: "req", id: "same", method: "chat.send", params });

  line.raw(frame);
  line.raw(frame);
  const answers = await line.answersTo("same", 2);
  await line.event((event) => event.event === "chat" && JSON.stringify(event.payload).includes('"final"'));
  const history = await line.request("chat.history", { sessionKey: "main" });

  expect(answers).toMatchObject([{ ok: true }, { ok: true }]);
  expect(history).toMatchObject({ totalMessages: 2 });
  await line.close();
});
