// npm run bench -- @session-lock/transcript: this package beside pi, a database and the bare system calls, on sessions of 10 to
// 100,000 entries of about 1 KB. Figures are medians; the subjects take turns, so that all of them meet the same load.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openTranscript } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { measureFloors } from "./floors.js";
import { messageAt, writeSession } from "./session-files.js";
import { subjects } from "./subjects.js";
import { everyAwaited, everyOne, median, shown } from "./timing.js";

const SIZES = [10, 1_000, 10_000, 100_000];
const MEMORY = fileURLToPath(new URL("memory.js", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "transcript-bench-"));
const names = subjects.map(({ name }) => name);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const floors = measureFloors(folder, 2_000);
table(
  "One entry of about 1 KB, floors",
  ["what", "median"],
  Object.entries(floors).map(([what, took]) => [what, shown(took)]),
);

const opened = {};
const loaded = {};
for (const size of SIZES) {
  const files = subjects.map((_, at) => path.join(folder, `${size}-${at}.jsonl`));
  for (const file of files) writeSession(file, size);
  opened[size] = await openAndAppend(files, size);
  loaded[size] = await readLoaded(files, size);
}
byName("Open and append", opened);
for (const what of ["append", "context", "branch"])
  byName(
    `On a session that is open: ${what}`,
    mapValues(loaded, (one) => one[what]),
  );

const ways = await ourAppends();
table(
  "Append, our ways",
  ["way", "median", "× stringify + writeSync"],
  Object.entries(ways).map(([way, took]) => [way, shown(took), ratio(took, floors["stringify + writeSync"])]),
);

const memory = measureMemory();
table(
  "Memory that a session of 100,000 entries (100 MB) adds, MB",
  ["", ...names],
  Object.entries(memory).map(([what, row]) => [what, ...row.map((mb) => mb.toFixed(0))]),
);

const floor = floors["stringify + writeSync"];
const durable = floors["stringify + writeSync + fdatasync"];
const [tiny, huge] = [opened[10], opened[100_000]];
verdicts([
  ["open and append at 100k entries ÷ at 10 entries", huge[0] / tiny[0], "≤", 2],
  ["pi 0.73.1 ÷ ours, open and append at 100k", huge[1] / huge[0], "≥", 2_000],
  [`${names.at(-1)} ÷ ours, open and append at 100k`, huge.at(-1) / huge[0], "≥", 1_000],
  ["append on an open transcript, os ÷ floor", ways["transcript.append, os"] / floor, "≤", 2.5],
  [
    "append on an open manager under one lock, os ÷ floor",
    ways["manager under one lock, os"] / floor,
    "≤",
    2.5,
  ],
  [
    "one-by-one fdatasync ÷ each of 32 at once, durable",
    durable / ways["32 at once, fdatasync, each"],
    "≥",
    5,
  ],
  ["opening 100 MB to continue it, MB", memory["open and append"][0], "<", 30],
  [
    `our context ÷ that of ${names.at(-1)}, 100k entries`,
    loaded[100_000].context[0] / loaded[100_000].context.at(-1),
    "≤",
    1,
  ],
  ["our context, 100k entries, ms", loaded[100_000].context[0] / 1_000, "≤", 68],
]);

async function openAndAppend(files, size) {
  const rounds = size >= 100_000 ? 5 : size >= 10_000 ? 15 : 101;
  const took = subjects.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { open, write }] of subjects.entries()) {
      const file = files[at];
      took[at].push(
        await everyAwaited(1, () => write(file, () => open(file).appendMessage(messageAt(round)))),
      );
    }
  }
  return took.map(median);
}

/** Each subject has read its session once before it is measured. */
async function readLoaded(files, size) {
  const rounds = size >= 100_000 ? 7 : 25;
  const sessions = subjects.map(({ open }, at) => open(files[at]));
  for (const session of sessions) session.buildSessionContext();
  const took = { append: [], context: [], branch: [] };
  for (const [at, session] of sessions.entries()) {
    took.append[at] = await subjects[at].write(files[at], () =>
      everyOne(300, (place) => session.appendMessage(messageAt(place))),
    );
    for (const session of sessions) session.buildSessionContext();
  }
  const turns = (call) => {
    const each = sessions.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, session] of sessions.entries()) each[at].push(everyOne(1, () => call(session)));
    }
    return each.map(median);
  };
  took.context = turns((session) => session.buildSessionContext());
  took.branch = turns((session) => session.getBranch());
  return took;
}

async function ourAppends() {
  const file = path.join(folder, "ways.jsonl");
  writeSession(file, 1_000);
  await using os = await openTranscript(file, { durability: "os" });
  await using durable = await openTranscript(file);
  const [{ open }] = subjects;
  const manager = open(file);
  const rounds = 20;
  const ways = {
    "transcript.append, os": await everyAwaited(2_000, (at) => os.append(messageAt(at))),
    "transcript.append under one lock, os": await withSessionWriteLock(file, (lock) =>
      everyAwaited(2_000, (at) => os.append(messageAt(at), { within: lock })),
    ),
    "manager under one lock, os": await withSessionWriteLock(file, () =>
      everyOne(2_000, (at) => manager.appendMessage(messageAt(at))),
    ),
    "transcript.append, fdatasync": await everyAwaited(200, (at) => durable.append(messageAt(at))),
  };
  const together = await everyAwaited(rounds, () =>
    Promise.all(Array.from({ length: 32 }, (_, at) => durable.append(messageAt(at)))),
  );
  return { ...ways, "32 at once, fdatasync, each": together / 32 };
}

function measureMemory() {
  const rows = {
    "open and append": "open",
    "open, append, look up a label": "look",
    "open, append, read the branch": "read",
  };
  return mapValues(rows, (what) =>
    subjects.map(({ name }) => {
      const file = path.join(folder, "memory.jsonl");
      writeSession(file, 100_000);
      return JSON.parse(execFileSync(process.execPath, [MEMORY, name, file, what], { encoding: "utf8" }))
        .added;
    }),
  );
}

function byName(title, bySize) {
  table(
    title,
    ["entries", ...names],
    Object.entries(bySize).map(([size, row]) => [size, ...row.map(shown)]),
  );
}

function verdicts(rows) {
  const isMet = (value, sign, wanted) =>
    sign === "≥" ? value >= wanted : sign === "≤" ? value <= wanted : value < wanted;
  table(
    "What must show",
    ["figure", "measured", "wanted", ""],
    rows.map(([what, value, sign, wanted]) => [
      what,
      value.toPrecision(3),
      `${sign} ${wanted}`,
      isMet(value, sign, wanted) ? "met" : "MISSED",
    ]),
  );
}

function table(title, head, rows) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)));
  console.log(`\n${title}`);
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join("  ")
        .trimEnd(),
    );
}

function ratio(took, floor) {
  return (took / floor).toPrecision(3);
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
