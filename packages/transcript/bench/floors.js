// What no store of sessions can beat, and what a database takes for the same.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { entryAt } from "./session-files.js";
import { everyOne } from "./timing.js";

/** Microseconds for one entry of about 1 KB. */
export function measureFloors(folder, count) {
  const fd = openSync(path.join(folder, "floor"), "a");
  const write = (at) => writeSync(fd, `${JSON.stringify(entryAt(at))}\n`);
  const floors = {
    "stringify + writeSync": everyOne(count, write),
    "stringify + writeSync + fdatasync": everyOne(count / 10, (at) => {
      write(at);
      fdatasyncSync(fd);
    }),
    "better-sqlite3, WAL, NORMAL": sqlite(path.join(folder, "normal.db"), "NORMAL", count),
    "better-sqlite3, WAL, FULL": sqlite(path.join(folder, "full.db"), "FULL", count / 10),
  };
  closeSync(fd);
  return floors;
}

function sqlite(file, synchronous, count) {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.exec("CREATE TABLE entries (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, parent TEXT, body TEXT)");
  const insert = database.prepare("INSERT INTO entries (id, parent, body) VALUES (?, ?, ?)");
  const median = everyOne(count, (at) => {
    const entry = entryAt(at);
    insert.run(entry.id, entry.parentId, JSON.stringify(entry));
  });
  database.close();
  return median;
}
