import { expect, test } from "vitest";
import { Line } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("a connection that never says connect is closed", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const line = await Line.open(gateway.url);

  expect(await line.closed).toEqual({ code: 1008, reason: "handshake timeout" });
});
