import { openSessionStore, openTranscript } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { surplusOf } from "../../src/session/idle-sessions.ts";
import { TestClient } from "../client.ts";
import { startTestGateway, storePathOf, temporaryStateDir } from "../temporary-gateway.ts";

const MIB = 1024 * 1024;

test.each([
  ["a hundred small ones stay open", Array<number>(100).fill(1), 0],
  ["of more than a hundred those that were idle longest are closed", Array<number>(103).fill(1), 3],
  ["large ones are closed before there are a hundred", Array<number>(10).fill(20 * MIB), 7],
  ["the one that was used last stays, whatever its size", [1, 1, 500 * MIB], 2],
  ["no session is no surplus", [], 0],
])("of the sessions that nobody uses, %s", (_what, sizes, closed) => {
  const idle = sizes.map((bytes, place) => ({ bytes, place }));

  const surplus = surplusOf(idle);

  expect(surplus.map(({ place }) => place).sort((a, b) => a - b)).toEqual(
    idle.slice(0, closed).map(({ place }) => place),
  );
});

test("a gateway closes sessions whose transcripts are too much for its memory, and reads them when they are asked for", async () => {
  await using dir = await temporaryStateDir();
  const store = openSessionStore(storePathOf(dir.path));
  const keys = ["a", "b", "c"];
  for (const key of keys) {
    const { sessionFile, sessionId } = await store.ensure(`agent:main:${key}`);
    const transcript = await openTranscript(sessionFile, { create: { sessionId } });
    await transcript.append({ role: "user", content: key.repeat(24 * MIB), timestamp: 1 });
    await transcript.close();
  }
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  const previews = await client.request("sessions.preview", { keys, maxChars: 20 });
  const { openSessions } = await client.request("status");
  const again = await client.request("sessions.preview", { keys: ["a"], maxChars: 20 });

  expect(previews["previews"]).toMatchObject(
    keys.map((key) => ({ key, items: [{ text: `${key.repeat(20)}…` }] })),
  );
  expect(openSessions).toBeLessThan(keys.length);
  expect(again["previews"]).toMatchObject([{ key: "a", items: [{ text: `${"a".repeat(20)}…` }] }]);
});
