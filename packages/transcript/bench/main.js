// npm run bench -- @session-lock/transcript: this package beside pi, a database and the bare system calls, on sessions of 10 to
// 100,000 entries of about 1 KB. Figures are medians; the subjects take turns, so that all of them meet the same load.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openTranscript, validate } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { measureFloors, openFloor } from "./floors.js";
import { bySubject, machine, table, verdicts } from "./report.js";
import { messageAt, writeSession } from "./session-files.js";
import { managers, subjects } from "./subjects.js";
import { everyAwaited, everyOne, inTurns, median, shown, times } from "./timing.js";

const SIZES = [10, 1_000, 10_000, 100_000];
const MEMORY = fileURLToPath(new URL("memory.js", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "transcript-bench-"));
const names = subjects.map(({ name }) => name);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
console.log(machine());
console.log("medians; in brackets: how often ours goes into it");

const floors = measureFloors(folder, 2_000);
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
  "Append, our ways, each in turns with the bare calls",
  ["way", "median", "bare calls", "ours ÷ bare"],
  Object.entries(ways).map(([way, [took, floor]]) => [way, shown(took), shown(floor), times(took, floor)]),
);
const overFloor = (way) => ways[way][0] / ways[way][1];

const memory = measureMemory(files[100_000]);
table(
  "Memory that a session of 100,000 entries (100 MB) adds, MB",
  ["", ...names],
  Object.entries(memory).map(([what, row]) => [what, ...row.map((mb) => mb.toFixed(0))]),
);

const huge = opened[100_000];
const [small, large] = await openBySize(files[10][0], files[100_000][0]);
const context = loaded[100_000].context;
const newest = managerNames.at(-1);
verdicts([
  ["open and append at 100k entries ÷ at 10 entries", large / small, "≤", 2],
  ["pi 0.73.1 ÷ ours, open and append at 100k", huge[1] / huge[0], "≥", 2_000],
  [`${newest} ÷ ours, open and append at 100k`, huge[managers.length - 1] / huge[0], "≥", 1_000],
  ["append on an open transcript, os ÷ floor", overFloor("transcript.append, os, first 2,000"), "≤", 2.5],
  ["append on an open manager, os ÷ floor", overFloor("manager under one lock, os"), "≤", 2.5],
  ["fdatasync one by one ÷ each of 32 at once", 1 / overFloor("32 at once, fdatasync, each"), "≥", 5],
  ["opening 100 MB to continue it, MB", memory["open and append"][0], "<", 30],
  ["the same of version 4, MB", memoryOf("ours", versionFour(), "open"), "<", 30],
  ["validate 100 MB, MB/s", await validateRate(files[100_000][0]), "≥", 100],
  [`our context ÷ that of ${newest}, 100k entries`, context[0] / context.at(-1), "≤", 1],
  ["our context, 100k entries, ms", context[0] / 1_000, "≤", 68],
]);
console.log(`\n${machine()}`);

async function openAndAppend(paths, size) {
  // The first round meets a cold cache and, for ours, no lock file yet: of three, the middle one would be the slower of the others.
  const rounds = size >= 100_000 ? 5 : size >= 10_000 ? 9 : 51;
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

/** Ours alone, a short and a long session in turns: nothing else that runs in between weighs on one of them only. */
function openBySize(...paths) {
  const [{ open, write }] = subjects;
  const openAndAppend = (file) => (at) => write(file, () => open(file).appendMessage(messageAt(at)));
  return inTurns(101, ...paths.map(openAndAppend));
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

/** For each way its median and that of the bare calls that took turns with it. */
async function ourAppends() {
  const file = path.join(folder, "ways.jsonl");
  writeSession(file, 1_000);
  await using os = await openTranscript(file, { durability: "os" });
  await using synced = await openTranscript(file);
  const [{ open }] = subjects;
  const manager = open(file);
  const floor = openFloor(folder);
  const appendOne = (at) => os.append(messageAt(at));
  const together = () => Promise.all(Array.from({ length: 32 }, (_, at) => synced.append(messageAt(at))));
  const ways = {
    "transcript.append, os, first 2,000": await inTurns(2_000, appendOne, floor.write),
    "transcript.append under one lock, os": await withSessionWriteLock(file, (lock) =>
      inTurns(2_000, (at) => os.append(messageAt(at), { within: lock }), floor.write),
    ),
    "manager under one lock, os": await withSessionWriteLock(file, () =>
      inTurns(2_000, (at) => manager.appendMessage(messageAt(at)), floor.write),
    ),
    "transcript.append, fdatasync": await inTurns(
      200,
      (at) => synced.append(messageAt(at)),
      floor.writeAndSync,
    ),
  };
  // Within 2,000 calls the bare ones are compiled, which takes the engine some 15,000 of ours. What must show is judged before.
  await inTurns(20_000, appendOne, floor.write);
  ways["transcript.append, os, compiled"] = await inTurns(2_000, appendOne, floor.write);
  ways["the bare calls and those of a lock"] = await inTurns(2_000, floor.writeLocked, floor.write);
  const [all, one] = await inTurns(100, together, floor.writeAndSync);
  floor.close();
  return { ...ways, "32 at once, fdatasync, each": [all / 32, one] };
}

function measureMemory(paths) {
  const rows = {
    "open and append": "open",
    "open, append, look up a label": "look",
    "open, append, read the branch": "read",
  };
  return mapValues(rows, (what) => subjects.map(({ name }, at) => memoryOf(name, paths[at], what)));
}

function memoryOf(name, file, what) {
  const answer = execFileSync(process.execPath, [MEMORY, name, file, what], { encoding: "utf8" });
  return JSON.parse(answer).added;
}

function versionFour() {
  const file = path.join(folder, "four.jsonl");
  writeSession(file, 100_000, 4);
  return file;
}

async function validateRate(file) {
  const took = await everyAwaited(3, () => validate(file));
  return statSync(file).size / took;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
