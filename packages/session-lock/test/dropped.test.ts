import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

test("a handle that is dropped without release is reported, with where it was acquired", async () => {
  const sessionFile = tempSession();
  const child = fork(workerPath("drops.js"), [sessionFile], {
    execArgv: ["--expose-gc", "--no-warnings"],
    env: { ...process.env, SESSION_LOCK_DEBUG: "1" },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });

  const [warning] = (await once(child, "message")) as [Record<string, string>];

  expect(warning).toMatchObject({ name: "SessionLockWarning", code: "SESSION_LOCK_DROPPED" });
  expect(warning["message"]).toContain(`${sessionFile} (purpose "forgotten") was dropped without release()`);
  expect(warning["detail"]).toMatch(/takeAndForget .*drops\.js/);
});
