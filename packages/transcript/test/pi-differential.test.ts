import { SessionManager as NewPi } from "@earendil-works/pi-coding-agent";
import { SessionManager as OldPi } from "@mariozechner/pi-coding-agent";
import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { newestPi } from "./newest-pi.ts";
import { tempSession } from "./temp-session.ts";

/** pi's classes can do the same, as far as these tests do it. */
type Session = SessionManager;
const NEWER_PI = [["0.87.1", NewPi] as const, ...(await newestPi())];
type Operation = (session: Session, idOf: (place: number) => string) => string | undefined;

const place = fc.nat(12);
const word = fc.constantFrom("one", "two", " three ", "line\nbreak", "ünïcode 🎈", "");

const COMMON: readonly fc.Arbitrary<Operation>[] = [
  word.map(
    (text): Operation =>
      (session) =>
        session.appendMessage(userMessage(text)),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendMessage(assistantMessage(text)),
  ),
  word.map(
    (level): Operation =>
      (session) =>
        session.appendThinkingLevelChange(level),
  ),
  word.map(
    (id): Operation =>
      (session) =>
        session.appendModelChange("p", id),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendCustomEntry(text, { text }),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendCustomMessageEntry("ext", text, true, { a: 1 }),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendSessionInfo(text.replaceAll("\n", "")),
  ),
  fc.tuple(place, word).map(
    ([at, label]): Operation =>
      (session, idOf) =>
        session.appendLabelChange(idOf(at), label),
  ),
  fc.tuple(place, word).map(
    ([at, summary]): Operation =>
      (session, idOf) =>
        session.appendCompaction(summary, idOf(at), 9),
  ),
  place.map((at): Operation => (session, idOf) => {
    session.branch(idOf(at));
    return undefined;
  }),
  fc.constant<Operation>((session) => {
    session.resetLeaf();
    return undefined;
  }),
];

const NEWER: readonly fc.Arbitrary<Operation>[] = [
  fc.tuple(place, word).map(
    ([at, text]): Operation =>
      (session, idOf) =>
        session.branchWithSummary(idOf(at), text, { a: 1 }),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.branchWithSummary(null, text),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendCompaction(text, null, 9),
  ),
  word.map(
    (note): Operation =>
      (session) =>
        session.appendUsage("k", "p", "m", assistantMessage("").usage, note).id,
  ),
  fc.tuple(place, word).map(
    ([at, content]): Operation =>
      (session, idOf) =>
        session.appendContextEdit(idOf(at), { content }),
  ),
  place.map(
    (at): Operation =>
      (session, idOf) =>
        session.appendContextEdit(idOf(at), null),
  ),
  word.map(
    (text): Operation =>
      (session) =>
        session.appendMessage({
          role: "system",
          content: text,
          sections: { [`part ${text}`]: text || null },
          toolsAdded: [{ name: `tool ${text}`, description: text, parameters: {} }],
          toolsRemoved: [{ name: "tool one" }],
          timestamp: 1,
        }),
  ),
];

/** Does the operations, and tells what each did. Ids are random, so they are called by the operation that made them. */
function run(session: Session, operations: readonly Operation[]) {
  const names = new Map<string, string>();
  const ids: string[] = [];
  const outcomes = operations.map((operate, at) => {
    try {
      const id = operate(session, (wanted) => ids[wanted] ?? "unknown");
      if (id !== undefined) names.set(id, `#${at}`);
      if (id !== undefined) ids.push(id);
      return id !== undefined;
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
  });
  return { outcomes, ids, names };
}

/** Everything a session says, without times, and with names for ids. */
function said(session: Session, { outcomes, ids, names }: ReturnType<typeof run>): unknown {
  const everything = {
    outcomes,
    leaf: session.getLeafId(),
    leafEntry: session.getLeafEntry(),
    entries: session.getEntries(),
    branch: session.getBranch(),
    branches: ids.map((id) => session.getBranch(id)),
    children: ids.map((id) => session.getChildren(id)),
    labels: ids.map((id) => session.getLabel(id)),
    tree: session.getTree(),
    name: session.getSessionName(),
    context: session.buildSessionContext(),
  };
  return plain(everything, names);
}

function plain(value: unknown, names: ReadonlyMap<string, string>): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (key === "timestamp" || key === "labelTimestamp") return undefined;
    return typeof inner === "string" ? (names.get(inner) ?? inner) : inner;
  });
  const named = [...names].reduce((all, [id, name]) => all.replaceAll(id, name), text);
  return JSON.parse(named);
}

test("any operations give the same session as in pi 0.73.1", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...COMMON), { maxLength: 25 }), (operations) => {
      const ours = SessionManager.inMemory("/w");
      const theirs = OldPi.inMemory("/w") as unknown as Session;

      expect(said(ours, run(ours, operations))).toEqual(said(theirs, run(theirs, operations)));
    }),
    { numRuns: 300 },
  );
});

test.each(NEWER_PI)(
  "any operations give the same session as in pi %s, its newer members included",
  (_, NewPi) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...COMMON, ...NEWER), { maxLength: 25 }), (operations) => {
        const ours = SessionManager.inMemory("/w");
        const theirs = NewPi.inMemory("/w") as unknown as Session;
        const [ourRun, theirRun] = [run(ours, operations), run(theirs, operations)];

        expect(said(ours, ourRun)).toEqual(said(theirs, theirRun));
        expect(plain([ours.buildSessionProjection(), ours.buildContextEntries()], ourRun.names)).toEqual(
          plain([theirs.buildSessionProjection(), theirs.buildContextEntries()], theirRun.names),
        );
      }),
      { numRuns: 300 },
    );
  },
);

test.each(NEWER_PI)("a branch taken out as a session of its own is the same as in pi %s", (_, NewPi) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(...COMMON, ...NEWER), { minLength: 3, maxLength: 25 }),
      place,
      (operations, at) => {
        const ours = SessionManager.inMemory("/w");
        const theirs = NewPi.inMemory("/w") as unknown as Session;
        const cut: Operation = (session, idOf) => session.createBranchedSession(idOf(at));
        const [ourRun, theirRun] = [run(ours, [...operations, cut]), run(theirs, [...operations, cut])];

        expect(plain(ours.buildSessionContext(), ourRun.names)).toEqual(
          plain(theirs.buildSessionContext(), theirRun.names),
        );
        expect(ourRun.ids.map((id) => ours.getLabel(id))).toEqual(
          theirRun.ids.map((id) => theirs.getLabel(id)),
        );
        expect(ours.getEntries().map(({ type }) => type)).toEqual(
          theirs.getEntries().map(({ type }) => type),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test.each(NEWER_PI)(
  "any session that we write to a file reads the same in pi 0.73.1, in pi %s and in a manager of ours that opens it",
  async (_, NewPi) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...COMMON, ...NEWER), { minLength: 1, maxLength: 25 }),
        async (operations) => {
          const file = tempSession();
          const writer = SessionManager.open(file, { durability: "os" });
          const done = await withSessionWriteLock(file, () => run(writer, [COMMON_FIRST, ...operations]));

          const ours = SessionManager.open(file);
          const newer = NewPi.open(file) as unknown as Session;
          const older = OldPi.open(file) as unknown as Session;
          expect(ours.getEntryCount()).toBe(done.ids.length);
          expect(said(ours, done)).toEqual(said(newer, done));
          expect(ours.getBranch()).toEqual(newer.getBranch());
          expect(ours.getBranch()).toEqual(older.getBranch());
          expect(ours.getTree()).toEqual(JSON.parse(JSON.stringify(newer.getTree())));
        },
      ),
      { numRuns: 60 },
    );
  },
);

const COMMON_FIRST: Operation = (session) => session.appendMessage(userMessage("first"));
