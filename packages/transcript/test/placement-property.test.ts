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
  kind: fc.constantFrom("call", "answer", "answer", "mirror", "inject", "extension data", "stop"),
  writer: fc.constantFrom("transcript", "second transcript", "session manager"),
  /** Which call is answered, or how many are made. */
  pick: fc.nat({ max: 5 }),
  /** How much of the write a crash leaves, in thousandths; undefined: no crash. */
  crash: fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined, freq: 4 }),
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Open = Awaited<ReturnType<typeof openTranscript>>;

test("whatever runs, mirrors, injects, stops and crashes do, no message stands between a call and its results and nothing acknowledged is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const file = tempSession();
      const writers = await openWriters(file);
      const calls: string[] = [];
      const acknowledged: string[] = [];

      for (const [at, { kind, writer, pick, crash }] of steps.entries()) {
        const message = messageOf(kind, at, pick, calls);
        calls.push(...callsIn(message));
        const before = statSync(file).size;
        await writers[writer](kind, message);
        const written = statSync(file).size - before;
        // A kill in the middle of the write: the append was never acknowledged, and everybody starts anew.
        const isTorn = crash !== undefined && written > 0;
        truncateSync(file, before + (isTorn ? Math.floor((written * crash) / 1_000) : written));
        Object.assign(writers, isTorn ? await openWriters(file) : {});
        acknowledged.push(...(isTorn ? [] : textsOf(message)));
        await expectValid(file);
      }
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
    { numRuns: 60 },
  );
});

async function openWriters(file: string) {
  const first = await openTranscript(file, { durability: "os" });
  const second = await openTranscript(file, { durability: "os" });
  const manager = SessionManager.open(file, { durability: "os" });
  return {
    transcript: (kind: Step["kind"], message: AgentMessage | undefined) => write(first, kind, message),
    "second transcript": (kind: Step["kind"], message: AgentMessage | undefined) =>
      write(second, kind, message),
    "session manager": async (kind: Step["kind"], message: AgentMessage | undefined) =>
      message === undefined
        ? write(first, kind, message)
        : withSessionWriteLock(file, () => manager.appendMessage(message)),
  };
}

function write(transcript: Open, kind: Step["kind"], message: AgentMessage | undefined): Promise<unknown> {
  switch (kind) {
    case "stop":
      return transcript.closeToolCalls();
    case "extension data":
      return transcript.appendCustom("test", {});
    default:
      return transcript.append(message ?? userMessage("never"));
  }
}

function messageOf(
  kind: Step["kind"],
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
      return userMessage(`#inject ${at}`);
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
