import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Outbox } from "../src/connection/outbox.ts";
import { CLOSE_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from "../src/protocol/limits.ts";

/** A socket whose peer does not read, with so much before the peer. */
async function withholdingReader(bytes: number): Promise<AsyncDisposable & { readonly socket: WebSocket }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[WebSocket]>;
  const reader = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(reader, "open");
  reader.pause();
  const [socket] = await accepted;
  while (socket.bufferedAmount <= bytes) socket.send(Buffer.alloc(1024 * 1024));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      reader.terminate();
      socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

const line = { cork: () => undefined, uncork: () => undefined };

test.each([
  ["twice as much as may wait is given up at once", CLOSE_BUFFERED_BYTES, 1],
  ["a little more than may wait is given time", MAX_BUFFERED_BYTES, 0],
])("a reader before whom is %s", async (_what, bytes, givenUp) => {
  await using withholding = await withholdingReader(bytes);
  let count = 0;
  const outbox = new Outbox(withholding.socket, line, () => (count += 1));

  outbox.frame({ type: "res" });

  expect(count).toBe(givenUp);
});
