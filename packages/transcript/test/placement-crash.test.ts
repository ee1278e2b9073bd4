import { expect, test } from "vitest";
import { openTranscript, validate } from "../src/index.ts";
import { tempSession } from "./temp-session.ts";
import { spokenOn } from "./tool-messages.ts";
import { startWorker } from "./worker.ts";

test("runs with tool calls that are killed beside a writer of messages leave a valid branch with all they acknowledged", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const acknowledged: string[] = [];

  for (let round = 0; round < 8; round += 1) {
    const run = startWorker("run-forever.js", [file, `r${round}`]);
    const mirror = startWorker("append-forever.js", [file, `m${round}`, "100"]);
    acknowledged.push(...(await Promise.all([run.next(), mirror.next()])), await run.next());
    acknowledged.push(...(await Promise.all([run.kill(), mirror.kill()])).flat());
    const { findings } = await validate(file);
    expect(findings.filter(({ severity, code }) => severity === "E" && code !== "F3")).toEqual([]);
    await transcript.closeToolCalls();
  }

  const { said, misplaced } = spokenOn(await transcript.branch());
  const visible = said.map((text) => text.split("|")[0]);
  expect(misplaced).toEqual([]);
  expect(acknowledged.filter((text) => !visible.includes(text))).toEqual([]);
  expect(new Set(visible.filter((text) => !text?.startsWith("tool call"))).size).toBe(
    visible.filter((text) => !text?.startsWith("tool call")).length,
  );
  expect((await validate(file)).findings.filter(({ severity }) => severity === "E")).toEqual([]);
});
