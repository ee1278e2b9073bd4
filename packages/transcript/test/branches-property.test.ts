import { readFileSync, rmSync } from "node:fs";
import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager, validate } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage } from "./tool-messages.ts";

const step = fc.record({
  kind: fc.constantFrom(
    ...["say", "say", "call", "call", "answer", "answer", "keyed", "go back", "go back and say"],
    ...["go back with a summary", "begin anew", "close", "label", "branch off"],
  ),
  /** Which of the two long-lived writers of a kind it is. */
  writer: fc.nat({ max: 1 }),
  /** Which entry, call or key, counted from the newest one. */
  pick: fc.nat({ max: 7 }),
  /** By a manager, not by a transcript. */
  isManaged: fc.boolean(),
});

test("whoever goes back where, between calls and results or not, the file has no fault, and all writers see the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const file = tempSession();
      await using one = await openTranscript(file, { durability: "os" });
      await using other = await openTranscript(file, { durability: "os" });
      const transcripts = [one, other] as const;
      const managers = [0, 1].map(() => SessionManager.open(file));
      const calls: string[] = [];
      const told = new Map<string, string>();

      for (const [at, { kind, writer, pick, isManaged }] of steps.entries()) {
        const transcript = transcripts[writer] ?? one;
        const manager = managers[writer] ?? expect.fail("there are two");
        const text = `#${at}`;
        const append = async (message: Parameters<typeof one.append>[0], idempotencyKey?: string) => {
          if (!isManaged || idempotencyKey !== undefined)
            return transcript.append(message, idempotencyKey === undefined ? {} : { idempotencyKey });
          const messageId = await withSessionWriteLock(file, () => manager.appendMessage(message));
          return { messageId, repeated: false };
        };
        const acts: Record<string, () => Promise<unknown>> = {
          say: async () => told.set(text, (await append(userMessage(text))).messageId),
          call: async () => {
            calls.push(`c${at}`, `d${at}`);
            await append(callingMessage(`c${at}`, `d${at}`));
          },
          answer: () => append(resultMessage(calls.splice(-1 - pick, 1)[0] ?? "none")),
          keyed: async () => {
            const { messageId, repeated } = await append(userMessage("keyed"), `k${pick}`);
            expect([messageId, repeated]).toEqual([told.get(`k${pick}`) ?? messageId, told.has(`k${pick}`)]);
            told.set(`k${pick}`, messageId);
          },
          close: () => transcript.closeToolCalls(),
        };
        const managed: Record<string, () => void | Promise<void>> = {
          "go back": () => manager.branch(target(manager, pick)),
          "go back and say": () => {
            manager.branch(target(manager, pick));
            told.set(text, manager.appendMessage(userMessage(text)));
          },
          "go back with a summary": () => void manager.branchWithSummary(target(manager, pick), "left"),
          "begin anew": () => {
            manager.resetLeaf();
            told.set(text, manager.appendMessage(userMessage(text)));
          },
          label: () => void manager.appendLabelChange(target(manager, pick), text),
          "branch off": async () => {
            const made = SessionManager.open(file).createBranchedSession(target(manager, pick)) ?? "";
            expect(await faultsIn(made)).toEqual([]);
            rmSync(made);
          },
        };
        const isPossible = kind in acts || manager.getEntryCount() > 0;
        const act = acts[kind] ?? (() => withSessionWriteLock(file, () => managed[kind]?.()));
        await (isPossible ? act() : undefined);

        expect(await faultsIn(file)).toEqual([]);
        const branch = SessionManager.open(file).getBranch();
        expect(await Promise.all(transcripts.map((seer) => seer.branch()))).toEqual([branch, branch]);
      }
      const ids = (await one.entries()).flatMap((entry) => [entry.id, waitingIn(entry)]);
      expect([...told.values()].filter((id) => !ids.includes(id))).toEqual([]);
      expect(new Set(idsIn(file)).size).toBe(idsIn(file).length);
    }),
    { numRuns: 60 },
  );
});

/** One of the newest entries. */
function target(manager: SessionManager, pick: number): string {
  const entries = manager.getEntries();
  return entries.at(-1 - (pick % entries.length))?.id ?? "";
}

async function faultsIn(file: string): Promise<readonly string[]> {
  const { findings } = await validate(file);
  return findings.flatMap(({ severity, code, message }) => (severity === "E" ? [`${code} ${message}`] : []));
}

/** The id that a deferred message will have. */
function waitingIn(entry: object): unknown {
  const data: unknown = "data" in entry ? entry.data : undefined;
  return typeof data === "object" && data !== null && "messageId" in data ? data.messageId : undefined;
}

function idsIn(file: string): readonly string[] {
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
}
