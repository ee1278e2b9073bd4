// Side-by-side measurements: `npm run bench -- session-lock [scenario…]`. Rounds of all peers alternate, and every
// figure is the median of its rounds, so that a busy moment hits everybody alike.
import { contended, crash, median, uncontended } from "./measure.js";
import { reportRequirements } from "./requirements.js";
import { table } from "./table.js";

const tuned = "proper-lockfile tuned";
const all = [
  "kernel",
  "lockfile",
  "proper-lockfile",
  tuned,
  "lockfile package",
  "pid file",
  "raw kernel lock",
];
const withoutFloor = all.slice(0, -1);
const rounds = 3;

/** Operations per task: as many as a lock does in about the same time, so that none is measured cold. */
const quick = ["kernel", "lockfile", "pid file"];
const times = (peer, many, few) => (quick.includes(peer) ? many : few);

const scenarios = {
  uncontended: {
    title: "1 task, nobody else: acquire + release",
    peers: all,
    measure: (peer) => uncontended(peer, ["kernel", "raw kernel lock"].includes(peer) ? 20_000 : 500),
  },
  tasks: {
    title: "100 tasks of 1 process",
    peers: withoutFloor,
    measure: (peer) => contended(peer, { processes: 1, tasks: 100, times: times(peer, 200, 4), thinkMs: 0 }),
  },
  processes: {
    title: "16 processes × 200, no pause",
    peers: all,
    measure: (peer) =>
      contended(peer, { processes: 16, tasks: 1, times: peer === "lockfile" ? 40 : 200, thinkMs: 0 }),
  },
  thinking: {
    title: "16 processes × 100, 1 ms pause after each",
    peers: all,
    measure: (peer) =>
      contended(peer, { processes: 16, tasks: 1, times: peer === "lockfile" ? 40 : 100, thinkMs: 1 }),
  },
  mixed: {
    title: "4 processes × 25 tasks",
    peers: withoutFloor,
    measure: (peer) => contended(peer, { processes: 4, tasks: 25, times: times(peer, 100, 20), thinkMs: 0 }),
  },
  crash: {
    title: "holder killed: time until a waiter has the lock",
    peers: ["kernel", "lockfile", tuned, "lockfile package", "pid file", "raw kernel lock"],
    measure: crash,
  },
};

const wanted = process.argv.slice(2).filter((name) => name in scenarios);
const results = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  results[name] = await run(scenario);
  console.log(`\n${scenario.title} (median of ${rounds})\n${table(results[name], tuned)}`);
}
reportRequirements(results, tuned);

async function run({ peers, measure }) {
  const seen = Object.fromEntries(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const peer of peers) seen[peer].push(await measure(peer));
  return Object.fromEntries(peers.map((peer) => [peer, medians(seen[peer])]));
}

function medians(samples) {
  const names = Object.keys(samples[0]);
  return Object.fromEntries(names.map((name) => [name, median(samples.map((sample) => sample[name]))]));
}
