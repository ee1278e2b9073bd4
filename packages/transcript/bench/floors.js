// What no store of sessions can beat, and what a database takes for the same.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { openDatabase, writeDatabase } from "./database.js";
import { entryAt, messageAt } from "./session-files.js";
import { everyOne } from "./timing.js";

/** The bare calls that write one entry of about 1 KB to a file of their own. */
export function openFloor(folder) {
  const fd = openSync(path.join(folder, "floor"), "a");
  const write = (at) => writeSync(fd, `${JSON.stringify(entryAt(at))}\n`);
  const writeAndSync = (at) => {
    write(at);
    fdatasyncSync(fd);
  };
  return { write, writeAndSync, close: () => closeSync(fd) };
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
