import { join } from "node:path";
import { expect, test } from "vitest";
import { Lane, type LaneJob } from "../../src/lane/lane.ts";
import { LaneLeases } from "../../src/lane/lane-leases.ts";
import { temporaryStateDir } from "../temporary-gateway.ts";

test("a job that the lane was about to start when it is stopped is not started, and waits", async () => {
  await using dir = await temporaryStateDir();
  let isAdopted = (): void => undefined;
  const adopting = new Promise<void>((resolve) => (isAdopted = resolve));
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const nothing = (): void => undefined;
  const lane = new Lane<LaneJob>(new LaneLeases(join(dir.path, "a.jsonl"), "one"), {
    taken: () => {
      isAsked();
      return adopting;
    },
    starting: nothing,
    pauseBefore: () => 0,
    blocked: nothing,
    asked: nothing,
    untakable: nothing,
    troubled: nothing,
  });
  const started: string[] = [];
  const job: LaneJob = {
    runId: "run-1",
    isBegun: false,
    start: () => {
      started.push("run-1");
      return Promise.resolve("ended");
    },
  };

  lane.push(job);
  await asked;
  const stopping = lane.stop();
  isAdopted();
  await stopping;

  expect(started).toEqual([]);
  expect(lane.waiting).toEqual([job]);
});
