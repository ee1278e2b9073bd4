import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

const step = fc.record({
  writer: fc.constantFrom("first transcript", "second transcript", "session manager"),
  kind: fc.constantFrom("message", "custom", "several"),
  /** Whether the next step begins before this one has ended. */
  overlaps: fc.boolean(),
  key: fc.option(fc.constantFrom("k1", "k2", "k3"), { nil: undefined }),
});

test("whatever the interleaving of two transcripts and a session manager, the session is one chain with every message once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const file = tempSession();
      await using first = await openTranscript(file, { durability: "os" });
      await using second = await openTranscript(file, { durability: "os" });
      const manager = SessionManager.open(file, { durability: "os" });
      const pending: Promise<unknown>[] = [];
      const texts: string[] = [];

      for (const [at, { writer, kind, overlaps, key }] of steps.entries()) {
        const text = key ?? String(at);
        const options = key === undefined ? {} : { idempotencyKey: key };
        const append = {
          "first transcript": () => appendWith(first, kind, text, options),
          "second transcript": () => appendWith(second, kind, text, options),
          "session manager": () =>
            withSessionWriteLock(file, () => manager.appendMessage(assistantMessage(`${at} by manager`))),
        }[writer];
        texts.push(
          ...{
            "first transcript": [text],
            "second transcript": [text],
            "session manager": [`${at} by manager`],
          }[writer],
        );
        pending.push(append());
        await (overlaps ? undefined : Promise.all(pending));
      }
      await Promise.all(pending);

      const session = readRaw(file);
      const said = session.branch.map(textOf);
      expect(session).toMatchObject({ forks: 0, unreadable: 0, headers: 1 });
      expect(session.branch).toHaveLength(session.entries.length);
      expect(new Set(said.filter((text) => text !== "beside"))).toEqual(new Set(texts));
      expect(said.filter((text) => text !== "beside")).toHaveLength(new Set(texts).size);
    }),
    { numRuns: 40 },
  );
});

type Open = Awaited<ReturnType<typeof openTranscript>>;

function appendWith(
  transcript: Open,
  kind: string,
  text: string,
  options: { idempotencyKey?: string },
): Promise<unknown> {
  switch (kind) {
    case "message":
      return transcript.append(userMessage(text), options);
    case "custom":
      return transcript.appendCustom("test", { text }, options);
    default:
      return transcript.appendMany([
        { message: userMessage(text), ...options },
        { customType: "test", data: { text: "beside" } },
      ]);
  }
}

function textOf(entry: object): string {
  const { message, data } = entry as { message?: { content: { text: string }[] }; data?: { text: string } };
  return message?.content[0]?.text ?? data?.text ?? "";
}
