// A session as a table of better-sqlite3, in WAL mode.
import Database from "better-sqlite3";
import { entryAround, entryAt } from "./session-files.js";

const TABLE = "CREATE TABLE entries (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, parent TEXT, body TEXT)";
const INSERT = "INSERT INTO entries (id, parent, body) VALUES (?, ?, ?)";

export function writeDatabase(file, count) {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.exec(TABLE);
  const insert = database.prepare(INSERT);
  database.transaction(() => {
    for (let at = 0; at < count; at += 1) {
      const entry = entryAt(at);
      insert.run(entry.id, entry.parentId, JSON.stringify(entry));
    }
  })();
  database.close();
}

/** `synchronous`: `NORMAL` hands the bytes to the system, `FULL` waits for the disk. */
export function openDatabase(file, synchronous) {
  const database = new Database(file);
  database.pragma(`synchronous = ${synchronous}`);
  const insert = database.prepare(INSERT);
  const last = database.prepare("SELECT id FROM entries ORDER BY seq DESC LIMIT 1");
  const all = database.prepare("SELECT body FROM entries ORDER BY seq");
  let leafId = last.get()?.id ?? null;
  return {
    appendMessage: (message) => {
      const entry = { ...entryAround(message), parentId: leafId };
      insert.run(entry.id, leafId, JSON.stringify(entry));
      leafId = entry.id;
    },
    getBranch: () => all.all().map(({ body }) => JSON.parse(body)),
    close: () => database.close(),
  };
}
