import { existsSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AppendQueue } from "../src/append/append-queue.ts";
import { draftMessage } from "../src/append/draft.ts";
import { draftInterrupted } from "../src/append/interrupted.ts";
import type { AppendRequest } from "../src/append/stage-request.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import { newHeader } from "../src/file/header.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { openTranscript, validate } from "../src/index.ts";
import type { AgentMessage } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage } from "./tool-messages.ts";

/** What happens next. `restart`: the process ends and another one opens the session. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("say", "call", "answer", "close", "repeat") },
  { weight: 2, arbitrary: fc.constantFrom("disk fails", "disk works") },
  { weight: 2, arbitrary: fc.constant("restart") },
  // By a program that does not know the spill file.
  { weight: 1, arbitrary: fc.constant("somebody else") },
);

/** A session on a disk that refuses to write or to sync as long as the test says so. */
async function sessionOnFailingDisk() {
  const file = tempSession();
  const other = await openTranscript(file);
  const state = { fails: false };
  const refuse = () => {
    if (state.fails) throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
  };
  const disk = {
    ...SYSTEM_DISK,
    write(fd: number, data: Buffer | string, offset: number) {
      const bytes = Buffer.from(data);
      const isHalf = state.fails && bytes.length - offset > 1 && offset === 0;
      if (!isHalf) refuse();
      return SYSTEM_DISK.write(fd, isHalf ? bytes.subarray(0, bytes.length >> 1) : bytes, offset);
    },
  };
  const open = () => {
    const log = SessionLog.open(file) ?? SessionLog.fresh(file, newHeader({ sessionId: "s", cwd: "/w" }));
    const queue = new AppendQueue(log, {
      durability: "os",
      disk,
      spill: { file: `${file}.spill`, takesAppends: true },
    });
    const add = (drafts: AppendRequest["drafts"], mayWait = false) =>
      queue.append({ drafts, expected: undefined, lock: undefined, mayWait });
    return {
      append: (message: AgentMessage, key: string) => add([draftMessage(message, key)]),
      closeToolCalls: () => add(({ openCalls }) => openCalls.map(draftInterrupted), true),
      bringHome: () => add([]),
    };
  };
  return { file, other, state, open };
}

test("whatever is spilled when, every acknowledged message comes home once, in order, under the id that was told", async () => {
  let spilled = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const { file, other, state, open } = await sessionOnFailingDisk();
      let session = open();
      const told = new Map<string, string>();
      const tell = async (key: string, message: AgentMessage) => {
        const [appended] = await session.append(message, key);
        spilled += Number(appended?.placement === "spilled");
        const before = told.get(key);
        if (before !== undefined) expect([appended?.repeated, appended?.messageId]).toEqual([true, before]);
        told.set(key, appended?.messageId ?? "");
      };
      const said: string[] = [];
      for (const [at, what] of steps.entries()) {
        const key = `k${at}`;
        if (what === "disk fails" || what === "disk works") state.fails = what === "disk fails";
        else if (what === "restart") session = open();
        else if (what === "close") await session.closeToolCalls();
        else if (what === "somebody else") await other.append(userMessage(`other ${at}`));
        else if (what === "call") await tell(key, callingMessage(`c${at}`));
        else if (what === "answer") await tell(key, resultMessage(`c${Math.max(0, at - 1)}`));
        else if (what === "repeat" && said.length > 0) await tell(said.at(-1) ?? "", userMessage("again"));
        else await tell(key, userMessage(key));
        if (what === "say") said.push(key);
      }

      state.fails = false;
      await open().bringHome();
      await using transcript = await openTranscript(file, { durability: "os" });
      await transcript.closeToolCalls();

      const branch = await transcript.branch();
      const text = JSON.stringify(branch.filter(({ type }) => type === "message"));
      const places = said.map((key) => branch.findIndex(({ id }) => id === told.get(key)));
      expect(existsSync(`${file}.spill`)).toBe(false);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      for (const key of said) expect(text.split(`"text":"${key}"`)).toHaveLength(2);
      expect(readRaw(file)).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
      expect((await validate(file)).findings.filter(({ severity }) => severity === "E")).toEqual([]);
      await other.close();
    }),
    { numRuns: 60 },
  );
  expect(spilled).toBeGreaterThan(0);
});
