import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

test("a handle that is dropped without release is reported, with where it was acquired", async () => {
  const sessionFile = tempSession();

  const warning = await warningOf([sessionFile], "1");

  expect(warning).toMatchObject({ name: "SessionLockWarning", code: "SESSION_LOCK_DROPPED" });
  expect(warning["message"]).toContain(`${sessionFile} (purpose "forgotten") was dropped without release()`);
  expect(warning["message"]).toMatch(/; it stays locked until its maxHoldMs is over$/);
  expect(warning["detail"]).toMatch(/^acquired at (?:async )?takeAndForget .*drops\.js/);
});

test("a handle that was lost before it was dropped is not reported as keeping the lock", async () => {
  const sessionFile = tempSession();

  const { message } = await warningOf([sessionFile, "100"], "");

  expect(message).toMatch(/was dropped without release\(\); it had been lost before, and keeps nobody out$/);
});

async function warningOf(args: readonly string[], debug: string): Promise<Record<string, string>> {
  const child = fork(workerPath("drops.js"), args, {
    execArgv: ["--expose-gc", "--no-warnings"],
    env: { ...process.env, SESSION_LOCK_DEBUG: debug },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [warning] = (await once(child, "message")) as [Record<string, string>];
  return warning;
}
