// npm run bench -- @session-lock/gateway: the built program on the loopback interface, asked by the published client. Beside
// each figure stands what is required of it. An acknowledgement is sent after fdatasync, so none can come sooner than
// one takes: the floor is measured before and after.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { connect } from "./client.js";
import { syncFloorMs } from "./floor.js";
import { startProgram } from "./program.js";
import { writeLongSession } from "./long-session.js";
import { each, quantile, row, shown } from "./timing.js";

const INJECTS = 1_000;
/** A gateway that has just started runs code that is not compiled yet; these go before what is measured. */
const WARM_UP = 300;
const CONCURRENT = 100;
const sessionKey = (name) => `agent:main:${name}`;
const folder = mkdtempSync(path.join(tmpdir(), "gateway-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const floorBefore = syncFloorMs(folder);
const program = await startProgram(folder);
await new Promise((resolve) => setTimeout(resolve, 1_000));
const idleMiB = program.memoryMiB();
const client = await connect(program.url);
try {
  row("listening after the start", shown(program.startedMs), "1000 ms");
  row("memory when idle", `${idleMiB.toFixed(0)} MiB`, "120 MiB");
  row("one line and fdatasync, no gateway (floor), before", shown(floorBefore), "");
  await sequentialInjects();
  row("one line and fdatasync, no gateway (floor), after", shown(syncFloorMs(folder)), "");
  await concurrentInjects();
  await histories();
  await turns();
  row("memory after all of it", `${program.memoryMiB().toFixed(0)} MiB`, "");
} finally {
  client.stop();
  await program.stop();
}

async function sequentialInjects() {
  await begin("notes");
  const inject = (at) =>
    client.request("chat.inject", { sessionKey: sessionKey("notes"), message: `note ${at}` });
  await each(WARM_UP, inject);
  const cpuBefore = program.cpuMs();
  const started = performance.now();
  const took = await each(INJECTS, inject);
  const perSecond = (INJECTS * 1_000) / (performance.now() - started);
  const first = quantile(took.slice(0, 100), 0.5);
  const last = quantile(took.slice(-100), 0.5);
  row(
    `${INJECTS} chat.inject one after the other (after ${WARM_UP}), p50`,
    shown(quantile(took, 0.5)),
    "1 ms",
  );
  row("  p99", shown(quantile(took, 0.99)), "");
  row("  CPU time of the gateway for one", shown((program.cpuMs() - cpuBefore) / INJECTS), "");
  row("  a second", perSecond.toFixed(0), "1000");
  row("  p50 of the first 100 → of the last 100", `${shown(first)} → ${shown(last)}`, "±20 %");
}

async function concurrentInjects() {
  const rounds = await each(5, () =>
    Promise.all(
      Array.from({ length: CONCURRENT }, (_, at) =>
        client.request("chat.inject", { sessionKey: sessionKey("notes"), message: `at once ${at}` }),
      ),
    ),
  );
  row(`${CONCURRENT} chat.inject at once on one session`, shown(quantile(rounds, 0.5)), "60 ms");
}

async function histories() {
  await writeLongSession(folder, sessionKey("long"), 10_000);
  const ask = () => client.request("chat.history", { sessionKey: sessionKey("long"), limit: 200 });
  const [opened] = await each(1, ask);
  const took = await each(200, ask);
  row("chat.history of 200 in a session of 10,000 entries, p50", shown(quantile(took, 0.5)), "3 ms");
  row("  the first one, which opens the session", shown(opened), "");
}

async function turns() {
  const send = async (at) => {
    const over = client.untilTerminal(`turn-${at}`);
    await client.request("chat.send", {
      sessionKey: sessionKey("turns"),
      message: `turn ${at}`,
      idempotencyKey: `turn-${at}`,
    });
    await over;
  };
  const took = await each(100, send);
  row("a turn with an instant model, to its final event, p50", shown(quantile(took, 0.5)), "15 ms");
}

/** A session exists from its first turn on. */
async function begin(name) {
  const over = client.untilTerminal(`begin-${name}`);
  await client.request("chat.send", {
    sessionKey: sessionKey(name),
    message: "begin",
    idempotencyKey: `begin-${name}`,
  });
  await over;
}
