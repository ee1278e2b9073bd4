// What is measured: this package, pi by the same calls (1.5.2 where scripts/fetch-newest-pi.js has put it), a database with a row for each entry, and the bare system calls,
// which do none of the work of a session (no tree, no leaf, no lock) and so are what no store of sessions can beat.
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { SessionManager as Pi073 } from "@mariozechner/pi-coding-agent";
import { SessionManager as Pi087 } from "@earendil-works/pi-coding-agent";
import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { newestPi } from "../test/newest-pi.ts";
import { openDatabase, writeDatabase } from "./database.js";
import { entryAround, writeSession } from "./session-files.js";

const TAIL_BYTES = 8 * 1024;
const plainly = (_, append) => append();

const ours = {
  name: "ours",
  make: writeSession,
  open: (file) => SessionManager.open(file, { durability: "os" }),
  // The lock is part of the price: nobody may append without it.
  write: (file, append) => withSessionWriteLock(file, append),
};
const pi = (name, Manager) => ({
  name,
  make: writeSession,
  open: (file) => Manager.open(file),
  write: plainly,
});
const sqlite = (name, synchronous) => ({
  name,
  make: writeDatabase,
  open: (file) => openDatabase(file, synchronous),
  write: plainly,
});
const bare = { name: "bare calls", make: writeSession, open: openBare, write: plainly };

/** Those that know what a session is. */
export const managers = [
  ours,
  pi("pi 0.73.1", Pi073),
  pi("pi 0.87.1", Pi087),
  ...(await newestPi()).map(([version, Manager]) => pi(`pi ${version}`, Manager)),
];
export const subjects = [...managers, sqlite("sqlite NORMAL", "NORMAL"), sqlite("sqlite FULL", "FULL"), bare];

function openBare(file) {
  const fd = openSync(file, "a+");
  const { size } = fstatSync(fd);
  readSync(fd, Buffer.allocUnsafe(TAIL_BYTES), 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
  return {
    appendMessage: (message) => writeSync(fd, `${JSON.stringify(entryAround(message))}\n`),
    getBranch: () => {
      const lines = readFileSync(file, "utf8").split("\n");
      return lines.slice(1, -1).map((line) => JSON.parse(line));
    },
    close: () => closeSync(fd),
  };
}
