// node bench/validate.bench.js: how fast a long session is validated, projected and repaired, and what pi takes for its
// part of the projection. Each figure is the median of rounds that take turns, so that all of them meet the same load.
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { buildSessionContext as piOld } from "@mariozechner/pi-coding-agent";
import { buildSessionContext as piNew } from "@earendil-works/pi-coding-agent";
import { projectContext, repair, validate } from "@session-lock/transcript";

const ENTRIES = 100_000;
const ROUNDS = 9;
const usage = {
  input: 1,
  output: 2,
  cacheRead: 3,
  cacheWrite: 4,
  totalTokens: 10,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};
const model = { api: "anthropic-messages", provider: "anthropic", model: "m1", usage };
const words = 'a line of text, as "they" come\n'.repeat(24);

/** Four entries to a round: the user, a call, its result, the answer. About 1 KB each. */
function message(at) {
  const timestamp = 1_700_000_000_000 + at;
  const id = `toolu_${at - (at % 4)}`;
  switch (at % 4) {
    case 0:
      return { role: "user", content: [{ type: "text", text: `${at} ${words}` }], timestamp };
    case 1:
      return {
        role: "assistant",
        content: [
          { type: "text", text: words.slice(0, 450) },
          { type: "toolCall", id, name: "read", arguments: { path: `/src/${at}.ts`, limit: 100 } },
        ],
        ...model,
        stopReason: "toolUse",
        timestamp,
      };
    case 2:
      return {
        role: "toolResult",
        toolCallId: id,
        toolName: "read",
        content: [{ type: "text", text: words }],
        isError: false,
        timestamp,
      };
    default:
      return {
        role: "assistant",
        content: [{ type: "text", text: words.slice(0, 600) }],
        ...model,
        stopReason: "stop",
        timestamp,
      };
  }
}

const entries = Array.from({ length: ENTRIES }, (_, at) => ({
  type: "message",
  id: at.toString(16).padStart(8, "0"),
  parentId: at === 0 ? null : (at - 1).toString(16).padStart(8, "0"),
  timestamp: new Date(1_700_000_000_000 + at).toISOString(),
  message: message(at),
}));
const byId = new Map(entries.map((entry) => [entry.id, entry]));
const leafId = entries.at(-1).id;

const folder = mkdtempSync(path.join(tmpdir(), "transcript-bench-"));
const file = path.join(folder, "session.jsonl");
const header = { type: "session", version: 3, id: "bench", timestamp: new Date(0).toISOString(), cwd: "/" };
const content = [header, ...entries].map((entry) => `${JSON.stringify(entry)}\n`).join("");

const cases = {
  "validate the file": () => validate(file),
  "validate the file, profile strict": () => validate(file, { profile: "strict" }),
  "repair, dry run": () => repair(file),
  "JSON.parse of each line alone": () =>
    content.split("\n").forEach((line) => line === "" || JSON.parse(line)),
  "project for anthropic": () => projectContext(entries, { profile: "anthropic" }),
  "project for openai-chat": () => projectContext(entries, { profile: "openai-chat" }),
  "project for mistral (new ids)": () => projectContext(entries, { profile: "mistral" }),
  "pi 0.73.1 buildSessionContext": () => piOld(entries, leafId, byId),
  "pi 0.87.1 buildSessionContext": () => piNew(entries, leafId, byId),
};

try {
  writeFileSync(file, content, { mode: 0o600 });
  const megabytes = statSync(file).size / 1e6;
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  const cpu = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(cases)) {
      const usedBefore = process.cpuUsage();
      const start = performance.now();
      await run();
      times[name].push(performance.now() - start);
      const { user, system } = process.cpuUsage(usedBefore);
      cpu[name].push((user + system) / 1_000);
    }
  }
  console.log(`${ENTRIES} entries, ${megabytes.toFixed(0)} MB, median (least) of ${ROUNDS} rounds`);
  for (const name of Object.keys(cases)) {
    const ms = median(times[name]);
    const rate = /file|repair|JSON/.test(name) ? `, ${((megabytes / ms) * 1_000).toFixed(0)} MB/s` : "";
    console.log(
      `${name.padEnd(36)} ${ms.toFixed(1)} (${Math.min(...times[name]).toFixed(1)}) ms, cpu ${median(cpu[name]).toFixed(1)} ms${rate}`,
    );
  }
  console.log(`resident after all rounds: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
