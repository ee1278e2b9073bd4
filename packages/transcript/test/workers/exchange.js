// One writer of a session, as the original code had them: for each line on standard input it opens the session, appends
// what a person said, waits as for a model, and appends the answer.
// Arguments: session file, writer's name, "ours" | "pi", "locked" | "unlocked".
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { SessionManager as PiSessionManager } from "@mariozechner/pi-coding-agent";
import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";

const [file, writer, api, locking] = process.argv.slice(2);
const Manager = api === "pi" ? PiSessionManager : SessionManager;

async function exchange(round) {
  const session = Manager.open(file);
  session.appendMessage({ role: "user", content: `${writer} ${round} asks`, timestamp: Date.now() });
  // eslint-disable-next-line session-lock/no-slow-await-in-session-lock -- stands for the model, which the original awaited under its lock
  await delay(3);
  session.appendMessage({
    role: "assistant",
    content: [{ type: "text", text: `${writer} ${round} answers` }],
    api: "anthropic-messages",
    provider: "anthropic",
    model: "test-model",
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0, cost: {} },
    stopReason: "stop",
    timestamp: Date.now(),
  });
}

console.log("ready");
for await (const round of createInterface({ input: process.stdin })) {
  if (locking === "locked") await withSessionWriteLock(file, () => exchange(round), { timeoutMs: 60_000 });
  // eslint-disable-next-line session-lock/require-session-lock -- the bug itself, as the control
  else await exchange(round);
  console.log(`done ${round}`);
}
