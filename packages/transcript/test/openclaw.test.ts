// Sessions of OpenClaw 2026.6 and later, whose `leaf` and `reset` entries move the leaf and cut the context. What is expected
// here is what OpenClaw's own reader of these lines gives.
import { appendFileSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import fc from "fast-check";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import {
  buildSessionContext,
  openTranscript,
  parseSessionEntries,
  projectContext,
  repair,
  SessionManager,
  validate,
} from "../src/index.ts";
import type { SessionEntry, Usage } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { assistant, calling, header, isoAt, linesOf, result, sessionFile, user } from "./session-lines.ts";
import type { Loose } from "./session-lines.ts";

const at = (id: string, parentId: string | null | undefined, fields: Loose): Loose => ({
  type: "message",
  id,
  ...(parentId === undefined ? {} : { parentId }),
  timestamp: isoAt(1),
  ...fields,
});
const said = (id: string, parentId: string | null | undefined, fields: Loose = {}) =>
  at(id, parentId, { message: user(id), ...fields });
const leaf = (id: string, parentId: string | null, targetId: unknown, fields: Loose = {}) =>
  at(id, parentId, { type: "leaf", targetId, ...fields });
const USAGE: Usage = {
  ...{ input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2 },
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};
const reset = (id: string, parentId: string | null, fields: Loose = {}) =>
  at(id, parentId, { type: "reset", reason: "new", ...fields });

function fileOf(version: number, entries: readonly Loose[]): string {
  const lines = [header({ version }), ...entries].map((entry) => `${JSON.stringify(entry)}\n`);
  return sessionFile(lines.join(""));
}

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

const cases: readonly (readonly [string, number, readonly Loose[], readonly string[]])[] = [
  ["a leaf control takes the branch back", 3, [said("a", null), said("b", "a"), leaf("l", "b", "a")], ["a"]],
  [
    "what is appended behind a control continues its target",
    3,
    [said("a", null), said("b", "a"), leaf("l", "b", "a"), said("c", "l")],
    ["a", "c"],
  ],
  ["a control can empty the branch", 4, [said("a", null), leaf("l", "a", null)], []],
  [
    "an entry beside the branch is not on it, and who names it continues the leaf",
    3,
    [said("a", null), said("s", "a", { appendMode: "side" }), said("b", "s")],
    ["a", "b"],
  ],
  [
    "a control says where the next line hangs, and it continues the leaf all the same",
    4,
    [
      said("a", null),
      said("s", "a", { appendMode: "side" }),
      leaf("l", "s", "a", { appendParentId: "s", appendMode: "side" }),
      said("b", "s"),
    ],
    ["a", "b"],
  ],
  [
    "a control that names a missing entry moves nothing",
    4,
    [said("a", null), said("b", "a"), leaf("l", "b", "gone"), said("c", "l")],
    ["a", "b", "c"],
  ],
  [
    "a control that names a later entry moves nothing",
    3,
    [said("a", null), leaf("l", "a", "b"), said("b", "a")],
    ["a", "b"],
  ],
  [
    "nothing leaves the conversation below the newest reset of version 4",
    4,
    [said("a", null), said("b", "a"), reset("r", "b"), leaf("l", "r", "a"), said("c", "a")],
    ["a", "b", "r", "c"],
  ],
  [
    "an entry without a parent continues the leaf in version 4",
    4,
    [said("a", null), said("b", undefined), said("c", undefined)],
    ["a", "b", "c"],
  ],
  [
    "an entry with an unknown parent continues the leaf in version 4",
    4,
    [said("a", null), said("b", "gone")],
    ["a", "b"],
  ],
  [
    "an entry of another kind never becomes the leaf in version 4",
    4,
    [said("a", null), at("o", null, { type: "plugin" }), said("b", "o")],
    ["a", "b"],
  ],
];

test.each(cases)("%s", async (_, version, entries, branch) => {
  const file = fileOf(version, entries);

  await using transcript = await openTranscript(file);

  expect(transcript.leafId).toBe(branch.at(-1));
  expect(ids(await transcript.branch())).toEqual(branch);
  expect(ids(SessionManager.open(file).getBranch())).toEqual(branch);
  expect(SessionManager.open(file).getLeafId()).toBe(branch.at(-1) ?? null);
  expect(ids(await transcript.entries())).toEqual(entries.map(({ id }) => id));
});

test.each(cases)("we go on where OpenClaw does: %s", async (_, version, entries, branch) => {
  const file = fileOf(version, entries);
  const before = readFileSync(file);

  await using transcript = await openTranscript(file);
  const { entry } = await transcript.append(userMessage("ours"));
  const second = await withSessionWriteLock(file, () =>
    SessionManager.open(file).appendMessage(userMessage("again")),
  );

  // The parent is named by its letter, so that readers that know no controls see it too.
  expect(entry.parentId).toBe(branch.at(-1) ?? null);
  expect(ids(await transcript.branch())).toEqual([...branch, entry.id, second]);
  expect(readFileSync(file).subarray(0, before.length)).toEqual(before);
});

test.each(cases)(
  "what is appended by others is taken in line by line: %s",
  async (_, version, entries, branch) => {
    const file = fileOf(version, entries.slice(0, 1));
    await using transcript = await openTranscript(file);
    await transcript.branch();

    for (const entry of entries.slice(1)) {
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
      await transcript.branch();
    }

    expect(ids(await transcript.branch())).toEqual(branch);
    expect(transcript.leafId).toBe(branch.at(-1));
  },
);

test("tool calls that are open behind a control are found on the branch it leads to", async () => {
  const file = fileOf(4, [
    said("a", null),
    at("c", "a", { message: calling("c1") }),
    said("lost", "c"),
    leaf("l", "lost", "c"),
  ]);
  await using transcript = await openTranscript(file);

  const mirror = await transcript.append(userMessage("mirror"));
  const { entry } = await transcript.append(result("c1") as never);

  expect(mirror.placement).toBe("deferred");
  expect(ids(await transcript.branch())).toEqual(["a", "c", mirror.entry.id, entry.id, mirror.messageId]);
});

test("a reset begins the context anew with what it keeps, and keeps what was said only", () => {
  const file = fileOf(4, [
    said("a", null),
    said("b", "a"),
    at("x", "b", { type: "custom_message", customType: "ext", content: "note", display: true }),
    at("m", "x", { type: "model_change", provider: "p", modelId: "m" }),
    reset("r", "m", { firstKeptEntryId: "b" }),
    said("c", "r"),
  ]);

  const session = SessionManager.open(file);
  const context = session.buildSessionContext();

  expect(context.messages.map((message) => "content" in message && message.content)).toEqual(["b", "c"]);
  expect(context.model).toEqual({ provider: "p", modelId: "m" });
  const projected = projectContext(session.getBranch(), { profile: "openai-chat" });
  expect(projected.messages).toEqual(context.messages);
  expect(
    buildSessionContext(parseSessionEntries(readFileSync(file, "utf8")).slice(1) as SessionEntry[]),
  ).toEqual(context);
});

test("a reset that keeps nothing leaves nothing before it, and one that would part a call keeps from the call", () => {
  const nothing = SessionManager.open(fileOf(4, [said("a", null), reset("r", "a"), said("b", "r")]));
  const parted = SessionManager.open(
    fileOf(4, [
      said("a", null),
      at("c", "a", { message: calling("c1") }),
      at("d", "c", { message: result("c1") }),
      reset("r", "d", { firstKeptEntryId: "d" }),
      said("b", "r"),
    ]),
  );

  expect(nothing.buildSessionContext().messages).toMatchObject([{ content: "b" }]);
  expect(projectContext(parted.getBranch()).messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "toolResult",
    "assistant",
    "user",
  ]);
});

test("a summary that was made of what a reset put aside is not appended", async () => {
  const file = fileOf(4, [said("a", null), said("b", "a")]);
  await using transcript = await openTranscript(file);

  const compacted = transcript.compact(async () => {
    await appendFile(file, `${JSON.stringify(reset("r", "b"))}\n`);
    return { summary: "s", firstKeptEntryId: "b", tokensBefore: 1 };
  });

  await expect(compacted).rejects.toMatchObject({ code: "CONFLICT" });
});

test("validate follows the controls: what lies beside the branch is not judged, what is on it is", async () => {
  const beside = fileOf(4, [
    said("a", null),
    at("c", "a", { message: calling("c1") }),
    leaf("l", "c", "a"),
    at("b", "a", { message: assistant("b") }),
  ]);
  const onIt = fileOf(3, [
    said("a", null),
    at("d", "a", { message: result("gone") }),
    said("e", "d"),
    leaf("l", "e", "d"),
  ]);
  const nowhere = fileOf(4, [said("a", null), leaf("l", "a", "gone")]);
  const codes = async (file: string) =>
    (await validate(file)).findings.map(({ code, severity }) => `${code} ${severity}`);

  expect(await codes(beside)).toEqual([]);
  expect(await codes(onIt)).toEqual(["C3 E"]);
  expect(await codes(nowhere)).toEqual(["T6 W"]);
});

test("repair mends a file with controls, leaves them as they are, and changes no branch", async () => {
  const entries = [
    said("a", null),
    said("b", "a"),
    leaf("l", "b", "a"),
    said("c", "l"),
    at("k", "c", { type: "compaction", summary: "s", firstKeptEntryId: "a", tokensBefore: 1 }),
    said("d", undefined),
    reset("r", "d", { firstKeptEntryId: "gone" }),
  ];
  const file = fileOf(4, entries);
  appendFileSync(file, "oops\n");

  const { steps } = await repair(file, { dryRun: false });

  expect(steps.map(({ code, entryId }) => [code, entryId])).toEqual([
    ["F2", undefined],
    ["T7", "r"],
  ]);
  const kept = [header({ version: 4 }), ...entries.slice(0, -1)].map((entry) => JSON.stringify(entry));
  expect(readFileSync(file, "utf8").split("\n").slice(0, -2)).toEqual(kept);
  expect(ids(SessionManager.open(file).getBranch())).toEqual(["a", "c", "k", "d", "r"]);
  expect((await validate(file)).ok).toBe(true);
  expect((await repair(file)).steps).toEqual([]);
});

test("a copy and a branch of such a session are on the branch that it is on", () => {
  const file = fileOf(4, [
    said("a", null),
    at("o", "a", { type: "plugin" }),
    said("b", "a"),
    leaf("l", "b", "a"),
    said("c", "a"),
    at("o2", "c", { type: "plugin" }),
  ]);

  const copy = SessionManager.forkFrom(file, "/elsewhere", `${file}.copies`);
  const branched = SessionManager.open(file, `${file}.copies`);
  branched.createBranchedSession("c");

  expect(ids(copy.getBranch())).toEqual(["a", "c"]);
  expect(ids(branched.getBranch())).toEqual(["a", "c"]);
});

test("a file with controls reads the same whole, from its end, and as it grows, and validate agrees on the leaf", async () => {
  const nth = fc.nat(9);
  const entry = fc.record({
    kind: fc.constantFrom("said", "said", "said", "side", "leaf", "leaf", "reset", "plugin", "open"),
    parent: fc.option(nth, { nil: -1 }),
    target: fc.option(nth, { nil: -1 }),
    cursor: fc.option(nth, { nil: -1 }),
    hasCursor: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(3, 4),
      fc.array(entry, { minLength: 1, maxLength: 10 }),
      async (version, list) => {
        const entries = list.map(({ kind, parent, target, cursor, hasCursor }, place) => {
          const idOf = (one: number) => (one < 0 || one >= place ? null : `e${one}`);
          const made: Readonly<Record<string, Loose>> = {
            said: said(`e${place}`, idOf(parent)),
            side: said(`e${place}`, idOf(parent), { appendMode: "side" }),
            leaf: leaf(
              `e${place}`,
              idOf(parent),
              idOf(target),
              hasCursor ? { appendParentId: idOf(cursor) } : {},
            ),
            reset: reset(`e${place}`, idOf(parent)),
            plugin: at(`e${place}`, idOf(parent), { type: "plugin" }),
            open: said(`e${place}`, version === 4 ? undefined : idOf(parent)),
          };
          return made[kind] ?? {};
        });
        const whole = fileOf(version, entries);
        const growing = fileOf(version, []);
        await using transcript = await openTranscript(growing);
        for (const one of entries) {
          appendFileSync(growing, `${JSON.stringify(one)}\n`);
          await transcript.branch();
        }

        const scanned = SessionManager.open(whole);
        const parsed = SessionManager.open(whole);
        parsed.getEntries();
        const branch = ids(scanned.getBranch());
        expect(ids(parsed.getBranch())).toEqual(branch);
        expect(ids(await transcript.branch())).toEqual(branch);
        expect(scanned.getLeafId()).toBe(branch.at(-1) ?? null);
        // A result without its call is judged where it is on the branch.
        const orphan = at("orphan", branch.at(-1) ?? null, { message: result("gone") });
        appendFileSync(whole, `${JSON.stringify(orphan)}\n`);
        const { findings } = await validate(whole);
        expect(findings.filter(({ code }) => code === "C3")).toHaveLength(1);
        expect(ids(SessionManager.open(whole).getBranch())).toEqual([...branch, "orphan"]);
        expect(branch).not.toContain(entries.find(({ type }) => type === "leaf")?.["id"]);
      },
    ),
    { numRuns: 150 },
  );
});

test("an append meets the same open tool calls whether the end of the file was read or all of it", async () => {
  const nth = fc.nat(9);
  const entry = fc.record({
    kind: fc.constantFrom(
      "said",
      "said",
      "call",
      "call",
      "result",
      "side",
      "leaf",
      "reset",
      "plugin",
      "open",
    ),
    parent: fc.option(nth, { nil: -1 }),
    isNext: fc.integer({ min: 0, max: 3 }),
    target: fc.option(nth, { nil: -1 }),
  });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(3, 4),
      fc.array(entry, { minLength: 1, maxLength: 10 }),
      async (version, list) => {
        const entries = list.map(({ kind, parent, isNext, target }, place) => {
          const idOf = (one: number) => (one < 0 || one >= place ? null : `e${one}`);
          // Mostly as writers do: below the line before.
          const parentId = isNext > 0 && place > 0 ? `e${place - 1}` : idOf(parent);
          const made: Readonly<Record<string, Loose>> = {
            said: said(`e${place}`, parentId),
            call: at(`e${place}`, parentId, { message: calling(`c${place}`) }),
            result: at(`e${place}`, parentId, { message: result(`c${Math.max(0, target)}`) }),
            side: said(`e${place}`, parentId, { appendMode: "side" }),
            leaf: leaf(`e${place}`, parentId, idOf(target)),
            reset: reset(`e${place}`, parentId),
            plugin: at(`e${place}`, parentId, { type: "plugin" }),
            open: said(`e${place}`, version === 4 ? undefined : parentId),
          };
          return made[kind] ?? {};
        });
        await using fromEnd = await openTranscript(fileOf(version, entries), { durability: "os" });
        await using whole = await openTranscript(fileOf(version, entries), { durability: "os" });
        const before = ids(await whole.branch());
        expect(fromEnd.leafId).toBe(before.at(-1));

        const appended = await fromEnd.append(userMessage("next"));
        const expected = await whole.append(userMessage("next"));

        expect(appended.placement).toBe(expected.placement);
        expect(ids(await fromEnd.branch()).slice(0, -1)).toEqual(before);
        seen.add(`${version} ${appended.placement}`);
      },
    ),
    { numRuns: 300 },
  );
  expect([...seen].sort()).toEqual(["3 branch", "3 deferred", "4 branch", "4 deferred"]);
});

test("version 3 without controls is read as ever: the last line is the leaf", () => {
  const file = sessionFile(linesOf([said("a", null), at("o", "a", { type: "plugin" })]));

  expect(SessionManager.open(file).getLeafId()).toBe("o");
});

test("an edit of the context and the cost of a call count in version 4 as in version 3", async () => {
  const file = fileOf(4, [said("a", null), said("b", "a")]);

  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    session.appendContextEdit("a", { content: "edited" });
    const usage = session.appendUsage("title", "anthropic", "m1", USAGE);
    expect(session.getLeafId()).toBe(usage.id);
    expect(session.buildSessionContext().messages).toMatchObject([{ content: "edited" }, { content: "b" }]);
  });

  await using transcript = await openTranscript(file);
  expect((await transcript.context()).messages).toMatchObject([
    { content: [{ text: "edited" }, { text: "b" }] },
  ]);
  expect((await validate(file)).findings).toEqual([]);
});

test.each(cases.filter(([, , entries]) => entries.length > 0))(
  "a tail gives each entry as all of them are given: %s",
  async (_, version, entries) => {
    const file = fileOf(version, entries);
    await using transcript = await openTranscript(file);
    const all = await transcript.entries();
    const tailed: SessionEntry[] = [];

    for await (const { seq, entry } of transcript.tail()) {
      tailed.push(entry);
      if (seq === all.length) break;
    }

    expect(tailed).toEqual(all);
  },
);
