import { validate } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { spawnGateway } from "./gateway-process.ts";
import { temporaryStateDir } from "./temporary-gateway.ts";
import { forkPoints, readEntries, sessionFileOf } from "./transcript-file.ts";

/** More of them take longer and find rarer moments. */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 8);
const MAX_DELAY_MS = 400;

/** Numbers that look random and are the same for the same seed (mulberry32). */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Sends four messages to a gateway of its own and kills it at some moment; returns what was acknowledged. */
async function round(stateDir: string, number: number, delayMs: number): Promise<string[]> {
  const gateway = await spawnGateway(stateDir);
  const client = await TestClient.connect(gateway.url);
  const acknowledged: string[] = [];
  const messages = ["slow: x", "tool: two words", "plain", "tool: one"];
  const sending = messages.map(async (message, index) => {
    const runId = `round-${number}-${index}`;
    await client.send("main", message, runId);
    acknowledged.push(runId);
  });
  // A send that the kill overtook was not acknowledged, and that is all it means.
  const sent = Promise.allSettled(sending);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await gateway.kill("SIGKILL");
  await sent;
  return acknowledged;
}

test(
  `${ROUNDS} kills at random moments lose no acknowledged message and end none twice`,
  { timeout: ROUNDS * 120_000 },
  async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomBy(seed);
    await using dir = await temporaryStateDir();
    const acknowledged: string[] = [];
    for (let number = 0; number < ROUNDS; number += 1) {
      acknowledged.push(...(await round(dir.path, number, random() * MAX_DELAY_MS)));
    }
    await using last = await spawnGateway(dir.path);
    await using client = await TestClient.connect(last.url);
    // More may be left over than a session lets wait, so nothing new is sent: it is over when nothing is under way.
    const underWay = async (): Promise<unknown> => {
      const history = await client.request("chat.history", { sessionKey: "main", limit: 1 });
      return { sessionInfo: history["sessionInfo"], pendingInputs: history["pendingInputs"] };
    };
    await expect
      .poll(underWay, { timeout: ROUNDS * 60_000, interval: 200 })
      .toMatchObject({ sessionInfo: { hasActiveRun: false }, pendingInputs: { total: 0 } });

    const file = await sessionFileOf(dir.path, "agent:main:main");
    const entries = await readEntries(file);
    const text = JSON.stringify(entries);
    const count = (key: string): number => text.split(`"idempotencyKey":"${key}"`).length - 1;
    const accepted = entries.flatMap((entry) =>
      entry.type === "custom" && entry.customType === "session-lock.input"
        ? [(entry.data as { runId: string }).runId]
        : [],
    );
    const story = (runId: string): object => ({
      runId,
      inputs: count(`${runId}:input`),
      users: count(`${runId}:user`),
      ends: count(`${runId}:assistant`) + count(`${runId}:end`),
    });
    expect(accepted, `seed ${seed}`).toEqual(expect.arrayContaining(acknowledged));
    expect(accepted.map(story), `seed ${seed}`).toEqual(
      accepted.map((runId) => ({ runId, inputs: 1, users: 1, ends: 1 })),
    );
    expect(forkPoints(entries)).toEqual([]);
    const report = await validate(file);
    expect(report.findings.filter((finding) => finding.severity === "E")).toEqual([]);
    // Answered in the order in which they were accepted.
    const users = entries.flatMap((entry) =>
      entry.type === "message" && entry.message.role === "user" ? [entry.message.idempotencyKey] : [],
    );
    expect(users).toEqual(accepted.map((runId) => `${runId}:user`));
  },
);
