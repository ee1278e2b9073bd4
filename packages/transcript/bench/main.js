// npm run bench -- @session-lock/transcript: this package beside pi, a database and the bare system calls, on sessions of 10 to
// 100,000 entries of about 1 KB. Figures are medians; the subjects take turns, so that all of them meet the same load.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openTranscript, validate } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { measureFloors } from "./floors.js";
import { bySubject, machine, table, verdicts } from "./report.js";
import { messageAt, writeSession } from "./session-files.js";
import { managers, subjects } from "./subjects.js";
import { everyAwaited, everyOne, median, shown, times } from "./timing.js";

const SIZES = [10, 1_000, 10_000, 100_000];
const MEMORY = fileURLToPath(new URL("memory.js", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "transcript-bench-"));
const names = subjects.map(({ name }) => name);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
console.log(machine());
console.log("medians; in brackets: how often ours goes into it");

const floors = measureFloors(folder, 2_000);
const floor = floors["stringify + writeSync"];
const durable = floors["stringify + writeSync + fdatasync"];
table(
  "One entry of about 1 KB, floors",
  ["what", "median"],
  Object.entries(floors).map(([what, took]) => [what, shown(took)]),
);

const files = {};
const opened = {};
const loaded = {};
for (const size of SIZES) {
  files[size] = subjects.map((_, at) => path.join(folder, `${size}-${at}`));
  for (const [at, file] of files[size].entries()) subjects[at].make(file, size);
  opened[size] = await openAndAppend(files[size], size);
  loaded[size] = await readLoaded(files[size], size);
}
bySubject("Open and append one entry", names, opened);
const onLoaded = (what) => mapValues(loaded, (one) => one[what]);
bySubject("On an open session: append, os", names, onLoaded("append"));
bySubject(
  "On an open session: read the branch (sqlite and the bare calls parse it each time)",
  names,
  onLoaded("branch"),
);
const managerNames = managers.map(({ name }) => name);
bySubject("On an open session: context", managerNames, onLoaded("context"));

const ways = await ourAppends();
table(
  "Append, our ways",
  ["way", "median", "of the floor without sync", "of the floor with fdatasync"],
  Object.entries(ways).map(([way, took]) => [way, shown(took), times(took, floor), times(took, durable)]),
);

const memory = measureMemory(files[100_000]);
table(
  "Memory that a session of 100,000 entries (100 MB) adds, MB",
  ["", ...names],
  Object.entries(memory).map(([what, row]) => [what, ...row.map((mb) => mb.toFixed(0))]),
);

const [tiny, huge] = [opened[10], opened[100_000]];
const context = loaded[100_000].context;
const newest = managerNames.at(-1);
verdicts([
  ["open and append at 100k entries ÷ at 10 entries", huge[0] / tiny[0], "≤", 2],
  ["pi 0.73.1 ÷ ours, open and append at 100k", huge[1] / huge[0], "≥", 2_000],
  [`${newest} ÷ ours, open and append at 100k`, huge[managers.length - 1] / huge[0], "≥", 1_000],
  ["append on an open transcript, os ÷ floor", ways["transcript.append, os"] / floor, "≤", 2.5],
  ["append on an open manager, os ÷ floor", ways["manager under one lock, os"] / floor, "≤", 2.5],
  ["fdatasync one by one ÷ each of 32 at once", durable / ways["32 at once, fdatasync, each"], "≥", 5],
  ["opening 100 MB to continue it, MB", memory["open and append"][0], "<", 30],
  ["validate 100 MB, MB/s", await validateRate(files[100_000][0]), "≥", 100],
  [`our context ÷ that of ${newest}, 100k entries`, context[0] / context.at(-1), "≤", 1],
  ["our context, 100k entries, ms", context[0] / 1_000, "≤", 68],
]);
console.log(`\n${machine()}`);

async function openAndAppend(paths, size) {
  const rounds = size >= 100_000 ? 3 : size >= 10_000 ? 9 : 51;
  const took = subjects.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { open, write }] of subjects.entries()) {
      const used = {};
      const append = () => (used.session = open(paths[at])).appendMessage(messageAt(round));
      took[at].push(await everyAwaited(1, () => write(paths[at], append)));
      used.session.close?.();
    }
  }
  return took.map(median);
}

/** Each subject has read its session once before it is measured. Who knows no context is not asked for one. */
async function readLoaded(paths, size) {
  const rounds = size >= 100_000 ? 3 : 15;
  const sessions = subjects.map(({ open }, at) => open(paths[at]));
  const readAll = () => sessions.map((session) => session.buildSessionContext?.());
  readAll();
  const append = [];
  for (const [at, session] of sessions.entries()) {
    append[at] = await subjects[at].write(paths[at], () =>
      everyOne(300, (place) => session.appendMessage(messageAt(place))),
    );
  }
  readAll();
  const turns = (some, call) => {
    const each = some.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, session] of some.entries()) each[at].push(everyOne(1, () => call(session)));
    }
    return each.map(median);
  };
  const context = turns(sessions.slice(0, managers.length), (session) => session.buildSessionContext());
  const branch = turns(sessions, (session) => session.getBranch());
  for (const session of sessions) session.close?.();
  return { append, context, branch };
}

async function ourAppends() {
  const file = path.join(folder, "ways.jsonl");
  writeSession(file, 1_000);
  await using os = await openTranscript(file, { durability: "os" });
  await using synced = await openTranscript(file);
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
    "transcript.append, fdatasync": await everyAwaited(200, (at) => synced.append(messageAt(at))),
  };
  const together = await everyAwaited(rounds, () =>
    Promise.all(Array.from({ length: 32 }, (_, at) => synced.append(messageAt(at)))),
  );
  return { ...ways, "32 at once, fdatasync, each": together / 32 };
}

function measureMemory(paths) {
  const rows = {
    "open and append": "open",
    "open, append, look up a label": "look",
    "open, append, read the branch": "read",
  };
  return mapValues(rows, (what) =>
    subjects.map(({ name }, at) => {
      const answer = execFileSync(process.execPath, [MEMORY, name, paths[at], what], { encoding: "utf8" });
      return JSON.parse(answer).added;
    }),
  );
}

async function validateRate(file) {
  const took = await everyAwaited(3, () => validate(file));
  return statSync(file).size / took;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
