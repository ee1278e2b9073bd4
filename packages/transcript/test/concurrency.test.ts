import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const APPENDS = 300;

test.each([
  ["Transcript", ["transcript", "transcript", "transcript", "transcript"]],
  ["SessionManager", ["manager", "manager", "manager", "manager"]],
  ["both", ["transcript", "manager", "transcript", "manager"]],
])("4 processes append 300 messages each and all are on one branch (%s)", async (_, apis) => {
  const file = tempSession();
  await (await openTranscript(file)).append(userMessage("first"));
  const workers = apis.map((api, at) => startWorker("append.js", [file, api, `w${at}`, String(APPENDS)]));
  await Promise.all(workers.map((worker) => worker.next()));

  for (const worker of workers) worker.send("go");
  const acknowledged = (await Promise.all(workers.map((worker) => worker.rest()))).flat();

  const session = readRaw(file);
  console.info(
    `${apis.join(", ")}: ${session.forks} forks, ${session.visible.length} of ${apis.length * APPENDS + 1} visible`,
  );
  expect(acknowledged).toHaveLength(apis.length * APPENDS);
  expect([...session.visible].sort()).toEqual(["first", ...acknowledged].sort());
  expect(session).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
});

test("appends of one process that wait at the same time are written in the order they were made", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);

  const appended = await Promise.all(
    Array.from({ length: 50 }, (_, at) => transcript.append(userMessage(String(at)))),
  );

  expect(readRaw(file).visible).toEqual(Array.from({ length: 50 }, (_, at) => String(at)));
  expect(readRaw(file).entries.map(({ id }) => id)).toEqual(appended.map(({ entry }) => entry.id));
});

test("two transcripts of one file in one process see and continue each other", async () => {
  const file = tempSession();
  await using one = await openTranscript(file);
  await using two = await openTranscript(file);

  for (let at = 0; at < 5; at += 1) {
    await one.append(userMessage(`one ${at}`));
    await two.append(userMessage(`two ${at}`));
  }

  expect(readRaw(file)).toMatchObject({ forks: 0 });
  expect(await one.branch()).toEqual(await two.branch());
  expect(await one.entries()).toHaveLength(10);
});
