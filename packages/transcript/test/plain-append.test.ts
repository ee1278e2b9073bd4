import { appendFileSync, copyFileSync, readFileSync, renameSync, statSync } from "node:fs";
import fc from "fast-check";
import { SessionLockError } from "session-lock";
import { expect, test } from "vitest";
import { AppendBatch } from "../src/append/append.ts";
import { draftCustom, draftMessage } from "../src/append/draft.ts";
import type { EntryDraft } from "../src/append/draft.ts";
import { appendPlain } from "../src/append/plain-append.ts";
import type { AppendRequest } from "../src/append/stage-request.ts";
import { anchorOf, anchorOfText } from "../src/file/anchor.ts";
import { SYSTEM_DISK } from "../src/file/disk.ts";
import type { Disk } from "../src/file/disk.ts";
import { newHeader } from "../src/file/header.ts";
import type { AgentMessage } from "../src/index.ts";
import { SessionLog } from "../src/file/session-log.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage } from "./tool-messages.ts";

const rightIn = (epoch: number) => ({
  epoch,
  assertWritable: () => undefined,
  assertHeld: () => undefined,
  assertUnbroken: () => undefined,
});
const LOST = new SessionLockError("LOST", "the lock was lost");
const throwLost = () => {
  throw LOST;
};
const plain = draftMessage(userMessage("two"));
const asking = (...drafts: readonly EntryDraft[]) => ({ drafts, expected: undefined, lock: undefined });

/** A session whose log was brought up to date by the owner of epoch 1. */
function sessionWith(...messages: readonly AgentMessage[]): SessionLog {
  const log = SessionLog.fresh(tempSession(), newHeader({ sessionId: "s1", cwd: "/w" }));
  for (const message of [userMessage("one"), ...messages]) {
    using batch = AppendBatch.begin(log, rightIn(1));
    batch.add(draftMessage(message));
    batch.write();
    batch.acknowledge();
  }
  using settled = AppendBatch.begin(log, rightIn(1));
  settled.write();
  return log;
}

test("a plain message goes behind the leaf in the short way, and the next batch behind it", () => {
  const log = sessionWith(assistantMessage("an answer"));
  const leaf = log.leafId;

  const appended = appendPlain(log, rightIn(2), asking(plain), SYSTEM_DISK);

  expect(appended).toMatchObject({ repeated: false, placement: "branch", entry: { parentId: leaf } });
  expect(log.leafId).toBe(appended?.messageId);
  using batch = AppendBatch.begin(log, rightIn(2));
  batch.add(draftMessage(userMessage("three")));
  batch.write();
  batch.acknowledge();
  expect(readRaw(log.path)).toMatchObject({
    visible: ["one", "an answer", "two", "three"],
    forks: 0,
    unreadable: 0,
  });
});

const requests: readonly (readonly [string, AppendRequest])[] = [
  ["two entries", asking(plain, plain)],
  ["one with a key", asking(draftMessage(userMessage("two"), "k1"))],
  ["one that insists on a leaf", { ...asking(plain), expected: { leafId: undefined } }],
  ["one with an id of its own", asking({ ...plain, id: "0011223344556677" })],
  ["a tool call", asking(draftMessage(callingMessage("c1")))],
  ["a custom entry", asking(draftCustom("mine", {}))],
  ["what is made from the branch", { ...asking(), drafts: () => [plain] }],
];

test.each(requests)("%s is left to a batch", (_, request) => {
  const log = sessionWith();
  const before = readFileSync(log.path, "utf8");

  expect(appendPlain(log, rightIn(1), request, SYSTEM_DISK)).toBeUndefined();

  expect(readFileSync(log.path, "utf8")).toBe(before);
});

const ends: readonly (readonly [string, readonly AgentMessage[], number, (log: SessionLog) => void])[] = [
  ["where a call is open", [callingMessage("c1")], 1, () => undefined],
  ["where another owner came between", [], 3, () => undefined],
  ["behind an entry that another program wrote", [], 1, (log) => appendFileSync(log.path, '{"type":"x"}\n')],
  ["behind a torn line", [], 1, (log) => appendFileSync(log.path, '{"type":')],
  ["in a file that was put at the path", [], 1, (log) => replace(log.path)],
  ["behind what was read without the lock", [], 1, (log) => readOn(log)],
  ["behind what a sync did not bring to the disk", [], 1, (log) => (log.unsound = { size: 1, expected: 2 })],
];

test.each(ends)("a plain message %s is left to a batch", (_, messages, epoch, happens) => {
  const log = sessionWith(...messages);
  happens(log);
  const before = readFileSync(log.path, "utf8");

  expect(appendPlain(log, rightIn(epoch), asking(plain), SYSTEM_DISK)).toBeUndefined();

  expect(readFileSync(log.path, "utf8")).toBe(before);
});

test("behind the last result of a group a plain message goes the short way again", () => {
  const log = sessionWith(callingMessage("c1"), resultMessage("c1"));

  expect(appendPlain(log, rightIn(1), asking(plain), SYSTEM_DISK)).toMatchObject({ placement: "branch" });
});

test("a right that is lost before the write keeps the file as it is, and one that is lost after it acknowledges nothing", () => {
  const log = sessionWith();
  const leaf = log.leafId;

  expect(() =>
    appendPlain(log, { ...rightIn(1), assertWritable: throwLost }, asking(plain), SYSTEM_DISK),
  ).toThrow(LOST);
  expect(readRaw(log.path).visible).toEqual(["one"]);
  expect(() =>
    appendPlain(log, { ...rightIn(1), assertUnbroken: throwLost }, asking(plain), SYSTEM_DISK),
  ).toThrow(LOST);

  expect(log.leafId).toBe(leaf);
  expect(readRaw(log.path)).toMatchObject({ visible: ["one", "two"], forks: 0 });
});

function replace(file: string): void {
  copyFileSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
}

function readOn(log: SessionLog): void {
  const other = SessionLog.open(log.path);
  if (other === undefined) throw new Error("no session");
  appendPlainly(other);
  log.refresh();
}

function appendPlainly(log: SessionLog): void {
  using batch = AppendBatch.begin(log, rightIn(1));
  batch.add(draftMessage(userMessage("read on")));
  batch.write();
  batch.acknowledge();
}

test.each(["short", "é".repeat(500), "🦀".repeat(31) + "é", "x".repeat(100_000), "€".repeat(100_000)])(
  "what a disk takes in pieces is all there, and the end is known to the byte (%#)",
  (text) => {
    const log = sessionWith(assistantMessage("an answer"));
    const pieces: Disk = {
      ...SYSTEM_DISK,
      write: (fd, data, offset) => {
        const bytes = Buffer.from(data);
        const end = offset + Math.ceil((bytes.length - offset) / 2);
        return SYSTEM_DISK.write(fd, bytes.subarray(0, end), offset);
      },
    };

    for (const disk of [SYSTEM_DISK, pieces])
      expect(appendPlain(log, rightIn(2), asking(draftMessage(userMessage(text))), disk)).toBeDefined();

    expect(readRaw(log.path)).toMatchObject({ visible: ["one", "an answer", text, text], unreadable: 0 });
    expect(log.bounds).toMatchObject({ end: statSync(log.path).size, size: statSync(log.path).size });
  },
);

test("the anchor of a text is that of its bytes", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ maxLength: 200 }));
  fc.assert(
    fc.property(text, fc.constantFrom("", "x".repeat(70_000)), (end, begin) => {
      const bytes = Buffer.from(begin + end);
      expect(anchorOfText(begin + end, bytes.length)).toBe(anchorOf(bytes));
    }),
    { numRuns: 1_000 },
  );
});
