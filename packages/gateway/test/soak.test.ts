import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openSessionStore } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { spawnGateway } from "./gateway-process.ts";
import { SoakClient } from "./soak-client.ts";
import { storePathOf, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries } from "./transcript-file.ts";

const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 15);
const IS_FULL = SECONDS >= 300;
const SESSIONS = IS_FULL ? 1_000 : 60;
const CONNECTIONS = IS_FULL ? 50 : 8;
const MIB = 1024 * 1024;

/** What the gateway has said yes to. */
interface Promised {
  /** Session keys by run id. */
  readonly runs: Map<string, string>;
  /** Session keys by entry id. */
  readonly notes: Map<string, string>;
}

const anySession = (): string => `agent:main:soak-${randomInt(SESSIONS)}`;
const chance = (percent: number): boolean => randomInt(100) < percent;
const wordsOf = (runId: string): string => (chance(10) ? `slow: ${runId} word word` : `words of ${runId}`);

/** One connection after the other does what clients do, the rude ones among them. */
async function misbehave(url: string, until: number, promised: Promised): Promise<void> {
  let client = await SoakClient.connect(url);
  const unsure = new Map<string, { sessionKey: string; message: string }>();
  const send = async (runId: string, about: { sessionKey: string; message: string }): Promise<void> => {
    unsure.set(runId, about);
    await client.request("chat.send", { ...about, idempotencyKey: runId });
    promised.runs.set(runId, about.sessionKey);
    unsure.delete(runId);
  };
  const actions = [
    { percent: 55, act: () => send(randomUUID(), { sessionKey: anySession(), message: wordsOf("a run") }) },
    {
      percent: 15,
      act: async () => {
        const sessionKey = anySession();
        const { messageId } = await client.request("chat.inject", { sessionKey, message: "a note" });
        promised.notes.set(String(messageId), sessionKey);
      },
    },
    { percent: 10, act: () => client.request("chat.abort", { sessionKey: anySession() }) },
    { percent: 10, act: () => client.request("chat.history", { sessionKey: anySession(), limit: 50 }) },
    {
      percent: 5,
      act: async () => {
        // Several at once under one key, while nothing is read.
        const runId = randomUUID();
        const about = { sessionKey: anySession(), message: wordsOf(runId) };
        client.pause();
        const sent = Promise.all([send(runId, about), send(runId, about), send(runId, about)]);
        await Promise.race([sleep(randomInt(300)), sent]).finally(() => client.resume());
        await sent;
      },
    },
    {
      percent: 5,
      act: async () => {
        const left = send(randomUUID(), { sessionKey: anySession(), message: wordsOf("one who left") });
        client.cut();
        await left.catch(() => undefined); // nobody knows whether it was taken in: it is sent again
        client = await SoakClient.connect(url);
        for (const [runId, about] of [...unsure]) await send(runId, about);
      },
    },
  ];
  while (Date.now() < until || promised.runs.size <= SESSIONS || promised.notes.size === 0) {
    let dice = randomInt(100);
    const action = actions.find(({ percent }) => (dice -= percent) < 0) ?? actions[0];
    // A refusal (no such session yet, a queue that is full) promises nothing.
    await action
      ?.act()
      .catch((error: unknown) => expect(String(error)).toMatch(/INVALID_REQUEST|UNAVAILABLE/));
  }
  for (const [runId, about] of [...unsure]) await send(runId, about);
  client.cut();
}

async function settled(observer: SoakClient): Promise<void> {
  for (;;) {
    const { activeRuns, queuedRuns } = await observer.request("status", {});
    if (activeRuns === 0 && queuedRuns === 0) return;
    await sleep(50);
  }
}

async function memoryMiB(url: string): Promise<number> {
  const page = await (await fetch(`${url}metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(page)?.[1]) / MIB;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** How often each of the keys and ids is in the transcripts. */
async function stored(
  stateDir: string,
): Promise<{ readonly rows: Map<string, number>; readonly forks: number }> {
  const rows = new Map<string, number>();
  let forks = 0;
  for (const { sessionFile } of await openSessionStore(storePathOf(stateDir)).list()) {
    const parents = new Set<string | null>();
    for (const entry of await readEntries(sessionFile)) {
      if (parents.has(entry.parentId)) forks += 1;
      parents.add(entry.parentId);
      const text = JSON.stringify(entry);
      for (const [, key = ""] of [...text.matchAll(/"idempotencyKey":"([^"]+)"/g), ["", entry.id]]) {
        rows.set(key, (rows.get(key) ?? 0) + 1);
      }
    }
  }
  return { rows, forks };
}

test(
  "under clients that leave, stop, do not read and ask again, nothing is lost, nothing doubled, and memory stays",
  { timeout: SECONDS * 1_000 + 240_000 },
  async () => {
    await using dir = await temporaryStateDir();
    await using gateway = await spawnGateway(dir.path);
    const promised: Promised = { runs: new Map(), notes: new Map() };
    const terminals = new Map<string, number>();
    const observer = await SoakClient.connect(gateway.url, (runId) =>
      terminals.set(runId, (terminals.get(runId) ?? 0) + 1),
    );

    const until = Date.now() + SECONDS * 1_000;
    const clients = Promise.all(
      Array.from({ length: CONNECTIONS }, () => misbehave(gateway.url, until, promised)),
    );
    const memory: number[] = [];
    while (Date.now() < until) {
      memory.push(await memoryMiB(gateway.url));
      await Promise.race([sleep(SECONDS * 10), clients]); // a client that fails ends the test at once
    }
    await clients;
    await settled(observer);
    const exit = await gateway.kill("SIGTERM");
    const { rows, forks } = await stored(dir.path);
    const count = (key: string): number => rows.get(key) ?? 0;
    const runs = [...promised.runs.keys()];

    // An unhandled rejection or an exception would have ended the process, and with it this test.
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(runs.length).toBeGreaterThan(SESSIONS);
    expect(promised.notes.size).toBeGreaterThan(0);
    expect(forks).toBe(0);
    expect(runs.filter((runId) => count(`${runId}:input`) !== 1)).toEqual([]);
    expect(runs.filter((runId) => count(`${runId}:assistant`) + count(`${runId}:end`) !== 1)).toEqual([]);
    expect([...rows].filter(([, times]) => times > 1)).toEqual([]);
    expect([...promised.notes.keys()].filter((id) => count(id) !== 1)).toEqual([]);
    expect(runs.filter((runId) => terminals.get(runId) !== 1)).toEqual([]);
    const quarter = Math.floor(memory.length / 4);
    const early = median(memory.slice(quarter, 2 * quarter));
    const middle = median(memory.slice(2 * quarter, 3 * quarter));
    const late = median(memory.slice(-quarter));
    console.log(
      `soak: ${runs.length} sends, ${terminals.size} terminal events, ${promised.notes.size} notes in ${SECONDS} s; ` +
        `memory ${early.toFixed(0)} → ${middle.toFixed(0)} → ${late.toFixed(0)} MiB`,
    );
    // What is remembered of sessions and runs has its limits, and a new process has not reached them at first.
    expect(late).toBeLessThan(early * 1.25 + 64);
  },
);
