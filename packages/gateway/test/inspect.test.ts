import { writeFileSync } from "node:fs";
import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { sessionFileOf } from "./transcript-file.ts";

const MAIN = "agent:main:main";

interface Inspection {
  readonly doctor: { readonly ok: boolean; readonly findings: readonly object[] };
  readonly tree?: { readonly rows: readonly { readonly kind: string; readonly text: string }[] };
}

async function inspection(client: TestClient): Promise<Inspection> {
  const { session } = await client.request("sessions.inspect", { key: "main" });
  return session as Inspection;
}

test("an inspection tells who holds the lock, what the file holds, and that nothing is wrong with it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);
  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");
  const sessionFile = await sessionFileOf(dir.path, MAIN);
  await using lock = await acquireSessionWriteLock({ sessionFile, purpose: "a test" });

  const session = await inspection(client);

  lock.assertHeld();
  expect(session).toMatchObject({
    sessionKey: MAIN,
    lock: { state: "held", pid: process.pid, sameProcess: true },
    queue: { waiting: 0 },
    doctor: { ok: true, findings: [], omitted: 0 },
  });
  expect(session.tree?.rows.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(
    expect.arrayContaining(["user: hello", "assistant: echo: hello"]),
  );
});

test("an inspection of a session that cannot be opened says what is wrong with its file", async () => {
  await using dir = await temporaryStateDir();
  const first = await startTestGateway(dir.path);
  await using before = await TestClient.connect(first.url);
  await before.send("main", "hello", "run-1");
  await before.terminal("run-1");
  await first.close();
  const sessionFile = await sessionFileOf(dir.path, MAIN);
  // eslint-disable-next-line session-lock/no-raw-transcript-write -- a damaged file is what is tested, and no gateway runs
  writeFileSync(sessionFile, '{"not":"a header"}\nand no JSON\n');
  await using second = await startTestGateway(dir.path);
  await using client = await TestClient.connect(second.url);

  const session = await inspection(client);

  expect(session.doctor.ok).toBe(false);
  expect(session.doctor.findings.length).toBeGreaterThan(0);
  expect(session.tree).toBeUndefined();
});

test("there is nothing to inspect under a key that nobody has used", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  expect(await client.request("sessions.inspect", { key: "nobody" })).toEqual({ session: null });
});
