// Asks for a lock while no descriptor is left, and again when there are some, tells both outcomes, and keeps it.
import { closeSync, openSync } from "node:fs";
import { acquireSessionWriteLock } from "session-lock";

const [sessionFile, engine] = process.argv.slice(2);
const options = engine === undefined ? { sessionFile } : { sessionFile, engine };
const eaten = [];
try {
  for (;;) eaten.push(openSync("/dev/null"));
} catch {
  // none is left
}
const first = await acquireSessionWriteLock(options).catch((error) => error.code);
for (const fd of eaten) closeSync(fd);
const lock = await acquireSessionWriteLock(options);
process.send({ first, held: lock.held });
process.on("message", () => undefined); // stays
