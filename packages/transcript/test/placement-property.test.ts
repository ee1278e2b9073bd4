import { statSync, truncateSync } from "node:fs";
import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager, validate } from "../src/index.ts";
import type { AgentMessage, SessionEntry } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage, spokenOn } from "./tool-messages.ts";

const step = fc.record({
  kind: fc.constantFrom(
    ...[
      "call",
      "call",
      "answer",
      "answer",
      "answer",
      "mirror",
      "inject",
      "extension data",
      "stop",
      "abort",
      "batch",
    ],
  ),
  writer: fc.constantFrom("transcript", "second transcript", "session manager"),
  /** Which call is answered, or how many are made. */
  pick: fc.nat({ max: 5 }),
  /** The next step begins before this one has ended. */
  overlaps: fc.boolean(),
  /** The append has an idempotency key, and is repeated under it after a crash. */
  isKeyed: fc.boolean(),
  /** How much of the write a crash leaves, in thousandths; undefined: no crash. */
  crash: fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined, freq: 4 }),
});

type Open = Awaited<ReturnType<typeof openTranscript>>;

test("whatever runs, mirrors, injects, stops and crashes do, no message stands between a call and its results and nothing acknowledged is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const file = tempSession();
      const writers = await openWriters(file);
      const calls: string[] = [];
      const acknowledged: string[] = [];
      const pending: Promise<unknown>[] = [];

      for (const [at, { kind, writer, pick, crash, overlaps, isKeyed }] of steps.entries()) {
        const message = messageOf(kind, at, pick, calls);
        calls.push(...callsIn(message));
        const key = isKeyed ? `key ${at}` : undefined;
        const append = () => writers[writer](kind, message, key);
        if (crash === undefined) {
          pending.push(append().then(() => acknowledged.push(...textsOf(message))));
          await (overlaps ? undefined : Promise.all(pending).then(() => expectValid(file)));
          continue;
        }
        await Promise.all(pending);
        const before = statSync(file).size;
        await append();
        const written = statSync(file).size - before;
        // A kill in the middle of the write: the append was never acknowledged, and everybody starts anew.
        truncateSync(file, before + Math.floor((written * crash) / 1_000));
        Object.assign(writers, await openWriters(file));
        await expectValid(file);
        // Whoever waits for the answer asks again, under the same key.
        const isRepeated = isKeyed && writer !== "session manager" && kind !== "stop";
        await (isRepeated ? append() : undefined);
        acknowledged.push(...(isRepeated ? textsOf(message) : []));
        await expectValid(file);
      }
      await Promise.all(pending);
      await using last = await openTranscript(file, { durability: "os" });
      await last.closeToolCalls();

      await expectValid(file);
      const branch = await last.branch();
      const { said } = spokenOn(branch);
      const kept = [...said, ...lateResultsOn(branch)];
      expect(acknowledged.filter((text) => !kept.includes(text))).toEqual([]);
      expect(said.filter((text) => text.startsWith("#"))).toHaveLength(
        new Set(said.filter((text) => text.startsWith("#"))).size,
      );
    }),
    { numRuns: 150 },
  );
});

async function openWriters(file: string) {
  const first = await openTranscript(file, { durability: "os" });
  const second = await openTranscript(file, { durability: "os" });
  const manager = SessionManager.open(file, { durability: "os" });
  return {
    transcript: (kind: string, message: AgentMessage | undefined, key?: string) =>
      write(first, kind, message, key),
    "second transcript": (kind: string, message: AgentMessage | undefined, key?: string) =>
      write(second, kind, message, key),
    "session manager": (kind: string, message: AgentMessage | undefined) =>
      withSessionWriteLock<unknown>(file, () => writeAll(manager, kind, message)),
  };
}

function write(
  transcript: Open,
  kind: string,
  message: AgentMessage | undefined,
  key?: string,
): Promise<unknown> {
  const options = key === undefined ? {} : { idempotencyKey: key };
  switch (kind) {
    case "stop":
      return transcript.closeToolCalls();
    case "extension data":
      return transcript.appendCustom("test", {}, options);
    case "batch":
      return transcript.appendMany([
        { customType: "test", data: {} },
        { message: message ?? userMessage("never"), ...options },
      ]);
    default:
      return transcript.append(message ?? userMessage("never"), options);
  }
}

function writeAll(manager: SessionManager, kind: string, message: AgentMessage | undefined): unknown {
  if (kind === "stop") return manager.closeToolCalls();
  return message === undefined ? manager.appendCustomEntry("test", {}) : manager.appendMessage(message);
}

function messageOf(
  kind: string,
  at: number,
  pick: number,
  calls: readonly string[],
): AgentMessage | undefined {
  switch (kind) {
    case "call":
      return callingMessage(...Array.from({ length: (pick % 3) + 1 }, (_, index) => `#${at}.${index}`));
    case "answer":
      return resultMessage(calls.at(-1 - pick) ?? "#none");
    case "mirror":
      return assistantMessage(`#mirror ${at}`);
    case "inject":
    case "batch":
      return userMessage(`#inject ${at}`);
    case "abort":
      // What a run leaves that was stopped while it made a call: a model is never shown it, and nobody answers it.
      return { ...callingMessage(`#${at}.aborted`), stopReason: "aborted" };
    default:
      return undefined;
  }
}

function callsIn(message: AgentMessage | undefined): string[] {
  return message?.role === "assistant"
    ? message.content.flatMap((block) => (block.type === "toolCall" ? [block.id] : []))
    : [];
}

function textsOf(message: AgentMessage | undefined): string[] {
  return message === undefined ? [] : [firstText(message)];
}

function firstText(message: unknown): string {
  return (message as { content: { text: string }[] }).content[0]?.text ?? "";
}

function lateResultsOn(branch: readonly SessionEntry[]): string[] {
  return branch.flatMap((entry) =>
    entry.type === "custom" && entry.customType === "session-lock.late-result"
      ? [firstText((entry.data as { entry: { message: unknown } }).entry.message)]
      : [],
  );
}

async function expectValid(file: string): Promise<void> {
  await using transcript = await openTranscript(file, { durability: "os" });
  expect(spokenOn(await transcript.branch()).misplaced).toEqual([]);
  const { findings } = await validate(file);
  // The tail that a crash tore is there until the next append; F3 says so.
  expect(findings.filter(({ severity, code }) => severity === "E" && code !== "F3")).toEqual([]);
}
