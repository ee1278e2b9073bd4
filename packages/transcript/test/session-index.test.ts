import { rmSync } from "node:fs";
import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { chat, header, isoAt, linesOf, sessionFile, user } from "./session-lines.ts";
import { tempSession } from "./temp-session.ts";

const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "été", 'quo"te');
const place = fc.record({
  id,
  parentId: fc.option(id, { nil: null }),
  timestamp: fc.nat(99).map((second) => isoAt(second)),
});
const text = fc.constantFrom("x", "ünïcode 🎈", '"id":"a","parentId":null,"timestamp":"t"}', "\n");

const object: fc.Arbitrary<object> = fc.oneof(
  fc.tuple(place, text).map(([at, content]) => ({ type: "message", ...at, message: user(content) })),
  fc.tuple(place, text).map(([at, data]) => ({ type: "custom", customType: "t", data, ...at })),
  fc.tuple(place, text).map(([at, content]) => ({ type: "custom_message", customType: "t", content, ...at })),
  fc.tuple(place, id).map(([at, targetId]) => ({ type: "label", ...at, targetId, label: "l" })),
  fc.tuple(place, text).map(([at, name]) => ({ type: "session_info", ...at, name })),
  fc.tuple(place, text).map(([at, data]) => ({ ...at, type: "of_tomorrow", data })),
  fc.tuple(place, text).map(([at, data]) => ({ type: "of_tomorrow", ...at, data })),
  place.map((at) => ({ type: "reset", ...at, reason: "new" })),
  place.map(({ id, timestamp }) => ({ type: "message", id, timestamp, message: user("below the leaf") })),
  fc.tuple(place, place).map(([at, nested]) => ({ type: "custom", customType: "t", ...at, data: nested })),
  place.map((at) => ({ type: "message", ...at, message: null })),
);
const line = fc.oneof(
  { weight: 8, arbitrary: object.map((value) => JSON.stringify(value)) },
  object.map((value) => JSON.stringify(value).slice(0, -9)),
  fc.tuple(object, object).map(([torn, whole]) => JSON.stringify(torn).slice(0, -5) + JSON.stringify(whole)),
  fc.constantFrom("", "null", "{}", '{"type":"session","id":"again"}'),
);

test.each([3, 4])(
  "what is read bit by bit is what reading everything gives, whatever the lines of version %i are",
  (version) => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const file = sessionFile([JSON.stringify(header({ version })), ...lines, ""].join("\n"));
        const whole = SessionManager.open(file);
        const entries = whole.getEntries();
        const ids = entries.map((entry) => entry.id);
        const bitByBit = () => SessionManager.open(file);

        expect(bitByBit().getBranch()).toEqual(whole.getBranch());
        expect(ids.map((one) => bitByBit().getEntry(one))).toEqual(entries);
        expect(ids.map((one) => bitByBit().getBranch(one))).toEqual(ids.map((one) => whole.getBranch(one)));
        expect(ids.map((one) => bitByBit().getChildren(one))).toEqual(
          ids.map((one) => whole.getChildren(one)),
        );
        const parts = bitByBit();
        expect(ids.map((one) => parts.getEntry(one))).toEqual(entries);
        expect(ids.map((one) => parts.getLabel(one))).toEqual(ids.map((one) => whole.getLabel(one)));
        expect(parts.getSessionName()).toBe(whole.getSessionName());
        expect(parts.getEntries()).toEqual(entries);
      }),
      { numRuns: 300 },
    );
  },
);

test("entries longer than what is read at once are read whole", () => {
  const long = "a long text ".repeat(200_000);
  const file = sessionFile(linesOf(chat(user("one"), user(long), user("three"))));

  const session = SessionManager.open(file);

  expect(session.getBranch().map(({ id: one }) => one)).toEqual(["e1", "e2", "e3"]);
  expect(session.getEntry("e2")).toMatchObject({ message: { content: long } });
});

test("an entry that was handed out stays the same object", () => {
  const file = sessionFile(linesOf(chat(user("one"), user("two"))));
  const session = SessionManager.open(file);

  const one = session.getEntry("e1");

  expect(session.getBranch()[0]).toBe(one);
  expect(session.getEntries()[0]).toBe(one);
  expect(session.getEntry("e1")).toBe(one);
});

test("entries appended by anybody after the first look are found", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const first = await transcript.append(userMessage("one"));
  const session = SessionManager.open(file);
  expect(session.getEntry(first.entry.id)).toEqual(first.entry);
  const theirs = await transcript.append(assistantMessage("two"));

  const ours = await withSessionWriteLock(file, () => session.appendMessage(userMessage("three")));

  expect(session.getBranch().map(({ id: one }) => one)).toEqual([first.entry.id, theirs.entry.id, ours]);
  expect(session.getEntryCount()).toBe(3);
});

test("a session whose parents form a ring is walked once", () => {
  const [one, two] = chat(user("one"), user("two"));
  const file = sessionFile(linesOf([{ ...one, parentId: "e2" }, { ...two }]));

  expect(
    SessionManager.open(file)
      .getBranch()
      .map((entry) => entry.id),
  ).toEqual(["e1", "e2"]);
});

test("a file that went away is reported, not shown as an empty session", () => {
  const file = sessionFile(linesOf(chat(user("one"))));
  const session = SessionManager.open(file);
  session.getLabel("e1");
  rmSync(file);

  expect(() => session.getEntry("e1")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
});
