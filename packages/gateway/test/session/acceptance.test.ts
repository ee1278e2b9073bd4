import { openTranscript, type Transcript } from "@session-lock/transcript";
import { expect, test } from "vitest";
import { Acceptance } from "../../src/session/acceptance.ts";
import { RUN_END_ENTRY, runKeys, type AcceptedInput } from "../../src/session/inputs.ts";
import { temporaryStateDir } from "../temporary-gateway.ts";

const MIN_REMEMBERED = 10;
const ALONE = { id: "gateway-1", isLive: () => true };

/** Whose queue is full. */
function refuse(): never {
  throw new Error("too many messages wait");
}

function input(runId: string): AcceptedInput {
  return { runId, message: `ask ${runId}`, acceptedAt: 1 };
}

/** An acceptance whose runs end at once, with the row that says so where `stores` has it. */
async function acceptanceOf(transcript: Transcript, stores: (runId: string) => boolean = () => true) {
  const enqueued: string[] = [];
  const acceptance = new Acceptance(transcript, ALONE, ({ runId }) => enqueued.push(runId), MIN_REMEMBERED);
  const run = async (runId: string): Promise<void> => {
    await acceptance.accept(input(runId), () => undefined);
    if (stores(runId)) {
      const idempotencyKey = runKeys.end(runId);
      await transcript.appendCustom(RUN_END_ENTRY, { runId }, { idempotencyKey, purpose: "test" });
    }
    acceptance.ended(runId);
  };
  for (let number = 1; number <= 100; number += 1) await run(`run-${number}`);
  return { acceptance, enqueued };
}

test("a session that is open for ever remembers a bounded number of its runs", async () => {
  await using dir = await temporaryStateDir();
  const transcript = await openTranscript(`${dir.path}/session.jsonl`, { create: {} });

  const { acceptance, enqueued } = await acceptanceOf(transcript);

  await expect.poll(() => acceptance.remembered).toBeLessThanOrEqual(2 * MIN_REMEMBERED);
  expect(acceptance.remembered).toBeGreaterThanOrEqual(MIN_REMEMBERED);
  expect(enqueued).toHaveLength(100);
  await transcript.close();
});

test("a key that is forgotten is answered by the transcript and runs nothing, also when nothing new would be taken", async () => {
  await using dir = await temporaryStateDir();
  const transcript = await openTranscript(`${dir.path}/session.jsonl`, { create: {} });
  const { acceptance, enqueued } = await acceptanceOf(transcript);
  const before = (await transcript.entries()).length;

  const again = await acceptance.accept(input("run-1"), () => undefined);
  const refused = await acceptance.accept(input("run-2"), refuse);

  expect([again, refused]).toEqual([
    { runId: "run-1", status: "ok" },
    { runId: "run-2", status: "ok" },
  ]);
  await expect(acceptance.accept(input("run-new"), refuse)).rejects.toThrow("too many messages wait");
  expect((await transcript.entries()).length).toBe(before);
  expect(enqueued).toHaveLength(100);
  await transcript.close();
});

test("an end that the disk did not take is never forgotten, so its run does not begin again", async () => {
  await using dir = await temporaryStateDir();
  const transcript = await openTranscript(`${dir.path}/session.jsonl`, { create: {} });
  const { acceptance, enqueued } = await acceptanceOf(transcript, (runId) => runId !== "run-1");

  await acceptance.restore("all");

  expect(await acceptance.accept(input("run-1"), () => undefined)).toEqual({ runId: "run-1", status: "ok" });
  expect(enqueued).toHaveLength(100);
  await transcript.close();
});
