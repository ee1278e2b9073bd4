// Repairs one session for good. Argument: session file. Says "done" when it is.
import { repair } from "@session-lock/transcript";

const [file] = process.argv.slice(2);
await repair(file, { dryRun: false, backups: 1 });
console.log("done");
