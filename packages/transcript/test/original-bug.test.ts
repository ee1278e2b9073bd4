// The failure this package exists for. An agent run, a delivery mirror and an inject write to one session, each of them a
// well-formed exchange: open, user message, wait for the model, assistant message. Without the session write lock the
// exchanges interleave; with it around the very same code they do not.
import { setImmediate } from "node:timers/promises";
import { SessionManager as PiSessionManager } from "@mariozechner/pi-coding-agent";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { expect, test, vi } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const WRITERS = ["run", "mirror", "inject"] as const;
const ROUNDS = 20;
const SAID = ROUNDS * WRITERS.length * 2;

type Exchange = (file: string, name: string, waitTurns: number) => Promise<void>;

async function exchangeWithOurs(file: string, name: string, waitTurns: number): Promise<void> {
  const session = SessionManager.open(file);
  session.appendMessage(userMessage(`${name} asks`));
  await modelCall(waitTurns);
  session.appendMessage(assistantMessage(`${name} answers`));
}

async function exchangeWithPi(file: string, name: string, waitTurns: number): Promise<void> {
  const session = PiSessionManager.open(file);
  // eslint-disable-next-line session-lock/require-session-lock -- the bug itself, as the control
  session.appendMessage({ role: "user", content: `${name} asks`, timestamp: 0 });
  await modelCall(waitTurns);
  session.appendMessage(assistantMessage(`${name} answers`));
}

const lockedByCallback =
  (exchange: Exchange): Exchange =>
  (file, name, waitTurns) =>
    withSessionWriteLock(file, () => exchange(file, name, waitTurns), { timeoutMs: 60_000 });

const lockedByHandle =
  (exchange: Exchange): Exchange =>
  async (file, name, waitTurns) => {
    const lock = await acquireSessionWriteLock({ sessionFile: file, timeoutMs: 60_000 });
    try {
      await exchange(file, name, waitTurns);
    } finally {
      await lock.release();
    }
  };

async function modelCall(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}

async function seededSession(): Promise<string> {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.appendMany([{ message: userMessage("hello") }, { message: assistantMessage("hi") }]);
  return file;
}

async function roundsInOneProcess(file: string, exchange: Exchange): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(WRITERS.map((writer, at) => exchange(file, `${writer} ${round}`, at + 1)));
  }
}

async function roundsAcrossProcesses(file: string, api: string, locking: string): Promise<void> {
  const env = { SESSION_LOCK_UNGUARDED: locking === "locked" ? "throw" : "allow" };
  const workers = WRITERS.map((writer) => startWorker("exchange.js", [file, writer, api, locking], { env }));
  await Promise.all(workers.map((worker) => worker.next()));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const worker of workers) worker.send(String(round));
    await Promise.all(workers.map((worker) => worker.next()));
  }
}

function report(variant: string, file: string) {
  const session = readRaw(file);
  const { forks, consecutiveAssistants } = session;
  const visible = session.visible.length - 2;
  console.info(
    `${variant}: ${forks} forks, ${consecutiveAssistants} consecutive assistants, ${visible} of ${SAID} visible`,
  );
  return { forks, consecutiveAssistants, visible, damage: forks + consecutiveAssistants };
}

test("three unlocked writers of one process damage the session (pi's SessionManager)", async () => {
  const file = await seededSession();

  await roundsInOneProcess(file, exchangeWithPi);

  const session = report("one process, pi, unlocked", file);
  expect(session.damage).toBeGreaterThan(0);
  expect(session.visible).toBeLessThan(SAID);
});

test("three unlocked writers of one process damage the session (our SessionManager, told not to care)", async () => {
  vi.stubEnv("SESSION_LOCK_UNGUARDED", "allow");
  const file = await seededSession();

  await roundsInOneProcess(file, exchangeWithOurs);

  expect(report("one process, ours, unlocked", file).damage).toBeGreaterThan(0);
  vi.unstubAllEnvs();
});

test.each([
  ["pi's, in withSessionWriteLock", lockedByCallback(exchangeWithPi)],
  ["ours, in withSessionWriteLock", lockedByCallback(exchangeWithOurs)],
  ["pi's, in acquire and finally", lockedByHandle(exchangeWithPi)],
  ["ours, in acquire and finally", lockedByHandle(exchangeWithOurs)],
])("three locked writers of one process leave it whole (%s)", async (variant, exchange) => {
  const file = await seededSession();

  await roundsInOneProcess(file, exchange);

  expect(report(`one process, ${variant}`, file)).toMatchObject({
    forks: 0,
    consecutiveAssistants: 0,
    visible: SAID,
  });
});

test.each(["pi", "ours"])("three unlocked processes damage the session (%s)", async (api) => {
  const file = await seededSession();

  await roundsAcrossProcesses(file, api, "unlocked");

  expect(report(`three processes, ${api}, unlocked`, file).damage).toBeGreaterThan(0);
});

test.each(["pi", "ours"])("three locked processes leave it whole (%s)", async (api) => {
  const file = await seededSession();

  await roundsAcrossProcesses(file, api, "locked");

  const session = report(`three processes, ${api}, locked`, file);
  expect(session).toMatchObject({ forks: 0, consecutiveAssistants: 0, visible: SAID });
});
