// What no store of sessions can beat, and what a database takes for the same.
import { closeSync, fdatasyncSync, fstatSync, lstatSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { tryLock, unlock } from "fs-native-extensions";
import { openDatabase, writeDatabase } from "./database.js";
import { entryAt, messageAt } from "./session-files.js";
import { everyOne } from "./timing.js";

/** The bare calls that write one entry of about 1 KB to a file of their own. */
export function openFloor(folder) {
  const file = path.join(folder, "floor");
  const fd = openSync(file, "a");
  const lock = openSync(`${file}.lock`, "a+");
  const write = (at) => writeSync(fd, `${JSON.stringify(entryAt(at))}\n`);
  const writeAndSync = (at) => {
    write(at);
    fdatasyncSync(fd);
  };
  // What no append that takes the kernel's lock for itself can do without: is this still the lock file, is that the session
  // file, was the lock ours to the end (docs/decisions/001).
  const writeLocked = (at) => {
    tryLock(lock);
    fstatSync(lock);
    lstatSync(file);
    write(at);
    fstatSync(lock);
    unlock(lock);
  };
  const close = () => [fd, lock].forEach(closeSync);
  return { write, writeAndSync, writeLocked, close };
}

/** Microseconds for one entry of about 1 KB. */
export function measureFloors(folder, count) {
  const floor = openFloor(folder);
  const floors = {
    "stringify + writeSync": everyOne(count, floor.write),
    "stringify + writeSync + fdatasync": everyOne(count / 10, floor.writeAndSync),
    "better-sqlite3, WAL, NORMAL": sqlite(path.join(folder, "normal.db"), "NORMAL", count),
    "better-sqlite3, WAL, FULL": sqlite(path.join(folder, "full.db"), "FULL", count / 10),
  };
  floor.close();
  return floors;
}

function sqlite(file, synchronous, count) {
  writeDatabase(file, 1);
  const database = openDatabase(file, synchronous);
  const median = everyOne(count, (at) => database.appendMessage(messageAt(at)));
  database.close();
  return median;
}
