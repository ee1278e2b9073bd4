// node memory.js <subject> <file> <what>: the memory that opening a session and appending to it adds, in MB, in a process
// of its own. "read" also reads the branch, "look" looks up a label.
import { messageAt } from "./session-files.js";
import { subjects } from "./subjects.js";

const [name, file, what] = process.argv.slice(2);
const subject = subjects.find((one) => one.name === name);
const before = process.memoryUsage.rss();
const session = subject.open(file);
await subject.write(file, () => session.appendMessage(messageAt(1)));
const entries =
  what === "read" ? session.getBranch().length : what === "look" ? session.getLabel?.("x") : undefined;
const added = (Math.max(process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024) - before) / 1e6;
console.log(JSON.stringify({ added, entries }));
