import { AsyncResource } from "node:async_hooks";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { withSessionWriteLock } from "session-lock";
import { expect, onTestFinished, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { spillPathOf } from "../src/spill/spill-file.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempFolder } from "./temp-session.ts";

/** A disk that is too full to make this file; `asked` resolves when it was asked to. */
function fullFor(file: string) {
  const { openSync } = fs;
  let tell: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (tell = resolve));
  const restore = () => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  };
  fs.openSync = (...given: Parameters<typeof openSync>) => {
    if (given[0] !== file) return openSync(...given);
    tell();
    throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
  };
  syncBuiltinESMExports();
  onTestFinished(restore);
  return { makeRoom: restore, asked };
}

test("an append that goes to the spill file, as the full disk takes no lock, is not taken along by the next one", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "session.jsonl");
  const spill = { folder: path.join(folder, "spills") };
  fs.mkdirSync(spill.folder);
  fs.writeFileSync(
    file,
    `{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00.000Z","cwd":"/w"}\n`,
  );
  await using transcript = await openTranscript(file, { spill });
  const { makeRoom, asked } = fullFor(`${file}.lock`);
  const elsewhere = new AsyncResource("elsewhere");

  const [first, second] = await withSessionWriteLock(spillPathOf(file, spill), async () => {
    // It waits for the lock of the spill file, as it is not made in this scope.
    const waiting = elsewhere.runInAsyncScope(() => transcript.append(userMessage("first")));
    await asked;
    makeRoom();
    return [waiting, await transcript.append(userMessage("second"))] as const;
  });
  const { placement } = await first;
  await using reopened = await openTranscript(file, { spill });
  await reopened.appendMany([]);

  expect([placement, second.placement]).toEqual(["spilled", "branch"]);
  expect(readRaw(file).visible).toEqual(["second", "first"]);
});
