// The scenarios. Each returns plain numbers; nothing here knows which lock it measures.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Bench } from "tinybench";
import { peers } from "./peers.js";

const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** One task, nobody else: acquire and release, median in µs. */
export async function uncontended(peer, times) {
  return inFolder(async (folder) => {
    const acquire = await peers[peer](path.join(folder, "session.jsonl"));
    // Many at a time: what tinybench itself does around an iteration takes as long as one of the quick locks.
    const iterations = times / 50;
    const bench = new Bench({ iterations, time: 0, warmupIterations: iterations, warmupTime: 0 });
    bench.add(peer, async () => {
      for (let round = 0; round < 50; round += 1) await (await acquire())();
    });
    const [task] = await bench.run();
    if (task.result.state !== "completed") throw task.result.error;
    return { us: (task.result.latency.p50 * 1_000) / 50 };
  });
}

/** Several processes, each with several tasks, on one file. */
export async function contended(peer, { processes, tasks, times, thinkMs }) {
  return inFolder(async (folder) => {
    const file = path.join(folder, "session.jsonl");
    for (const name of ["count", "warm.count"]) writeFileSync(`${file}.${name}`, "0".padStart(10));
    const children = await start(peer, file, processes);
    let answers, seconds;
    try {
      await everyone(children, { warmUp: true, tasks, times: Math.ceil(times / 4), thinkMs });
      const begin = performance.now();
      answers = await everyone(children, { tasks, times, thinkMs });
      seconds = (performance.now() - begin) / 1_000;
    } finally {
      await stop(children);
    }
    const waits = answers.flatMap((answer) => answer.waits);
    const counted = Number(readFileSync(`${file}.count`, "utf8"));
    return {
      opsPerS: waits.length / seconds,
      maxWaitMs: waits.reduce((most, wait) => Math.max(most, wait), 0),
      lost: waits.length - counted,
      refused: answers.reduce((sum, answer) => sum + answer.refused, 0),
    };
  });
}

/** Gives each process the job; their answers. */
function everyone(children, job) {
  return Promise.all(
    children.map((child) => {
      const answered = messageFrom(child);
      child.send(job);
      return answered;
    }),
  );
}

/** Its next message. Rejects where it ends instead, and has told on standard error why. */
async function messageFrom(child) {
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a process of the measurement ended with ${code ?? signal}`);
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  return message;
}

/** Kills a holder while another process waits; how long until that one has it, in ms. */
export async function crash(peer) {
  return inFolder(async (folder) => {
    const file = path.join(folder, "session.jsonl");
    const children = await start(peer, file, 2);
    const [holder, waiter] = children;
    const held = once(holder, "message");
    holder.send({ hold: true });
    await held;
    const got = once(waiter, "message");
    waiter.send({ hold: true });
    await delay(300);
    const killed = performance.now();
    holder.kill("SIGKILL");
    const late = AbortSignal.timeout(20_000);
    const ms = await Promise.race([
      got.then(() => performance.now() - killed),
      once(late, "abort").then(() => Infinity),
    ]);
    await stop([waiter]);
    return { ms };
  });
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function start(peer, file, count) {
  const children = Array.from({ length: count }, () => fork(worker, [peer, file]));
  await Promise.all(children.map(messageFrom));
  return children;
}

async function stop(children) {
  await Promise.all(
    children.map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return undefined;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      return gone;
    }),
  );
}

async function inFolder(use) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "session-lock-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
