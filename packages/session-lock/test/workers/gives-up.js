// Waits for a lock that somebody else keeps, gives up, and has nothing left to do: it must end by itself.
import { acquireSessionWriteLock } from "session-lock";

const [sessionFile, engine] = process.argv.slice(2);
await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 100 }).catch((error) => {
  process.exitCode = error.code === "TIMEOUT" ? 75 : 1;
});
