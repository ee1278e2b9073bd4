import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { SessionManager as PiNew } from "@earendil-works/pi-coding-agent";
import { SessionManager as PiOld } from "@mariozechner/pi-coding-agent";
import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import {
  openTranscript,
  projectContext,
  repair,
  SessionManager,
  validate,
  validateMessages,
} from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import {
  assistant,
  calling,
  chain,
  chat,
  header,
  isoAt,
  linesOf,
  result,
  sessionFile,
  user,
} from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

const fix = { dryRun: false } as const;

function textOf(content: unknown): string {
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [{ text: content }];
  return blocks.map((block) => (block as { text: string }).text).join("");
}

/** The error codes of the file and the tree that are left. */
async function leftIn(file: string): Promise<string[]> {
  const { findings } = await validate(file);
  return findings
    .filter(({ code, severity }) => severity === "E" && /^[FT]/.test(code))
    .map(({ code }) => code);
}

function linesIn(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

const whole = linesOf(chat(user("one"), assistant("two"), user("three"), assistant("four")));
const [top = "", one = "", two = "", three = "", four = ""] = whole.split("\n");
const torn = two.slice(0, 150);

test.each<[string, string, readonly string[], readonly string[]]>([
  ["a healthy file", whole, [], [top, one, two, three, four]],
  [
    "a torn line",
    `${top}\n${one}\n${torn}\n${three}\n${four}\n`,
    ["F2 reject", "T5 stand-in"],
    [top, one, "e2", three, four],
  ],
  [
    "a torn line with the next behind it",
    `${top}\n${one}\n${torn}${three}\n${four}\n`,
    ["F2 reject", "F2 salvage", "T5 stand-in"],
    [top, one, "e2", three, four],
  ],
  [
    "two whole lines fused",
    `${top}\n${one}\n${two}${three}\n${four}\n`,
    ["F2 reject", "F2 salvage", "F2 salvage"],
    [top, one, two, three, four],
  ],
  [
    "NUL bytes before a line",
    `${top}\n${one}\n${two}\n\0\0\0\0${three}\n${four}\n`,
    ["F2 reject", "F2 salvage"],
    [top, one, two, three, four],
  ],
  [
    "lines that are no entries",
    `${top}\n${one}\nnull\n42\n[1]\n{"a":1}\n${two}\n`,
    ["F2 reject", "F2 reject", "F2 reject", "F2 reject"],
    [top, one, two],
  ],
  ["an unterminated last line", `${top}\n${one}\n${two}`, ["F3 end-line"], [top, one, two]],
  ["a last line that is cut off", `${top}\n${one}\n${torn}`, ["F3 reject"], [top, one]],
  ["a byte order mark", `\ufeff${top}\n${one}\n`, ["F1 re-encode"], [top, one]],
  ["a second header", `${top}\n${one}\n${top}\n${two}\n`, ["F1 reject"], [top, one, two]],
  [
    "all lines written twice",
    `${top}\n${one}\n${top}\n${one}\n${two}\n`,
    ["F1 reject", "T1 reject"],
    [top, one, two],
  ],
  ["a header that is not first", `${one}\n${top}\n${two}\n`, ["F1 move-header"], [top, one, two]],
  ["a missing parent", `${top}\n${one}\n${three}\n${four}\n`, ["T5 stand-in"], [top, one, "e2", three, four]],
])("%s is repaired", async (_, content, actions, expected) => {
  const file = sessionFile(content);

  const planned = await repair(file);
  expect(readFileSync(file, "utf8")).toBe(content);
  const done = await repair(file, fix);

  expect(done.steps).toEqual(planned.steps);
  expect(done.steps.map(({ code, action }) => `${code} ${action}`)).toEqual(actions);
  // A line that is named by an id is the marker in the place of that entry.
  expect(linesIn(file)).toEqual(
    expected.map((line): unknown =>
      line.startsWith("{") ? line : expect.stringContaining(`"id":"${line}"`),
    ),
  );
  expect(await leftIn(file)).toEqual([]);
  expect(await repair(file, fix)).toEqual({ applied: false, steps: [] });
});

test("a marker hangs where the lost entry hung, if its line still says so", async () => {
  const file = sessionFile(`${top}\n${one}\n${two}\n${three.slice(0, 150)}\n${four}\n`);

  await repair(file, fix);

  const marker: unknown = JSON.parse(linesIn(file)[3] ?? "");
  expect(marker).toMatchObject({ type: "custom", customType: "session-lock.lost", id: "e3", parentId: "e2" });
});

test("what repair takes out is in the .rej file, byte for byte", async () => {
  const bad = Buffer.concat([Buffer.from(torn), Buffer.from([0xff, 0x00, 0xfe])]);
  const file = sessionFile(Buffer.concat([Buffer.from(`${top}\n${one}\n`), bad, Buffer.from(`\n${top}\n`)]));

  const { rejectedFile } = await repair(file, fix);

  expect(rejectedFile).toBe(`${file}.rej`);
  expect(readFileSync(`${file}.rej`)).toEqual(Buffer.concat([bad, Buffer.from(`\n${top}\n`)]));
  expect(statSync(`${file}.rej`).mode & 0o777).toBe(0o600);
});

test("a repair that the disk refuses keeps no lines beside the file, so that trying again keeps them once", async () => {
  const file = sessionFile(`${linesOf(chat(user("one")))}{"bad\n`);
  const before = readFileSync(file);
  mkdirSync(`${file}.repair.tmp`);
  for (let tries = 0; tries < 2; tries += 1)
    await expect(repair(file, fix)).rejects.toMatchObject({ code: "IO" });
  expect(readdirSync(path.dirname(file)).filter((name) => name.endsWith(".rej"))).toEqual([]);
  expect(readFileSync(file)).toEqual(before);

  rmSync(`${file}.repair.tmp`, { recursive: true });
  await repair(file, fix);

  expect(readFileSync(`${file}.rej`, "utf8")).toBe('{"bad\n');
});

test("fields that nobody knows keep their bytes when an id or a parent changes", async () => {
  const odd = `{ "type":"custom", "x": 1.50, "id" : "e1", "data":{"parentId":"no","s":"\\u0041}{"}, "parentId" : "e9","timestamp":"${isoAt(3)}" , "é":[ ] }`;
  const late = JSON.stringify({
    type: "custom",
    customType: "x",
    id: "e9",
    parentId: null,
    timestamp: isoAt(4),
  });
  const file = sessionFile(`${top}\n${one}\n${odd}\n${late}\n`);

  const { steps } = await repair(file, fix);

  expect(steps.map(({ code, action }) => `${code} ${action}`)).toEqual(["T2 set-parent", "T1 set-id"]);
  const [, , changed = ""] = linesIn(file);
  const id = /"id" : ("[0-9a-f]{8}")/.exec(changed)?.[1] ?? "";
  expect(changed).toBe(
    odd.replace('"id" : "e1"', `"id" : ${id}`).replace('"parentId" : "e9"', '"parentId" : "e1"'),
  );
});

test("an entry whose id is taken gets its own, and what follows goes with it", async () => {
  const other = JSON.stringify({
    type: "message",
    id: "e1",
    parentId: "e1",
    timestamp: isoAt(3),
    message: user("other"),
  });
  const child = JSON.stringify({
    type: "message",
    id: "e5",
    parentId: "e1",
    timestamp: isoAt(4),
    message: assistant("child"),
  });
  const file = sessionFile(`${top}\n${one}\n${other}\n${child}\n`);

  await repair(file, fix);

  expect(readRaw(file)).toMatchObject({ visible: ["one", "other", "child"], forks: 0 });
});

test("entries in a ring, without an id or with a parent of no kind hang below the entry before them", async () => {
  const entry = (fields: object) =>
    `${JSON.stringify({ type: "custom", customType: "x", timestamp: isoAt(9), ...fields })}\n`;
  const file = sessionFile(
    `${top}\n${one}\n${entry({ id: "a", parentId: "b" })}${entry({ id: "b", parentId: "a" })}${entry({ id: "c", parentId: 7 })}${entry({ id: "s", parentId: "s" })}${entry({})}`,
  );

  await repair(file, fix);

  expect(readRaw(file).branch.map(({ id }) => id)).toEqual([
    "e1",
    "a",
    "b",
    "c",
    "s",
    expect.stringMatching(/^[0-9a-f]{8}$/),
  ]);
  expect(await leftIn(file)).toEqual([]);
});

test.each([
  ["of the file's name", "2026-01-02T03-04-05-000Z_abc-123.jsonl", /^abc-123$/],
  ["that is new", "session.jsonl", /^[0-9a-f-]{36}$/],
])("a lost header is replaced by one with an id %s", async (_, name, id) => {
  const file = path.join(tempFolder(), name);
  writeFileSync(file, `${top.slice(0, 30)}\n${one}\n${two}\n`);

  await repair(file, fix);

  expect(JSON.parse(linesIn(file)[0] ?? "")).toMatchObject({
    type: "session",
    version: 3,
    id: expect.stringMatching(id) as string,
    timestamp: isoAt(1),
  });
  expect(linesIn(file).slice(1)).toEqual([one, two]);
  expect(await leftIn(file)).toEqual([]);
});

test("a compaction that keeps from nowhere or from a result keeps from what is there", async () => {
  const compaction = (id: string, firstKeptEntryId: string, parentId: string) =>
    JSON.stringify({
      type: "compaction",
      id,
      parentId,
      timestamp: isoAt(9),
      summary: "s",
      firstKeptEntryId,
      tokensBefore: 1,
    });
  const content = linesOf(chat(user(), calling("c1"), result("c1")));
  const file = sessionFile(`${content}${compaction("k1", "e3", "e3")}\n${compaction("k2", "gone", "k1")}\n`);

  await repair(file, fix);

  expect(linesIn(file).slice(-2)).toEqual([compaction("k1", "e2", "e3"), compaction("k2", "k2", "k1")]);
  expect(await leftIn(file)).toEqual([]);
});

test("branches that grew at once stay apart unless they are to be joined", async () => {
  const raced = chain(
    { type: "message", message: user("root") },
    { type: "message", message: assistant("a1") },
    { type: "message", message: user("b1"), parentId: "e1" },
    { type: "message", message: user("a2"), parentId: "e2" },
    { type: "message", message: assistant("b2"), parentId: "e3" },
    { type: "message", message: assistant("a3"), parentId: "e4" },
  );
  const file = sessionFile(linesOf(raced));

  expect((await repair(file, fix)).steps).toEqual([]);
  const { steps } = await repair(file, { linearize: true });
  await repair(file, { ...fix, linearize: true });

  // Nobody knows whether it was a race, so whoever reads the dry run is told what it would be taken for.
  expect(steps).toHaveLength(4);
  for (const { message } of steps)
    expect(message).toContain("joined to the branch beside it, as if two writers had raced");
  expect(readRaw(file)).toMatchObject({ forks: 0, visible: ["root", "a1", "b1", "a2", "b2", "a3"] });
  expect(await repair(file, { ...fix, linearize: true })).toEqual({ applied: false, steps: [] });
});

test("a branch that was made on purpose is never joined", async () => {
  const file = sessionFile(
    linesOf([
      ...chat(user("root"), assistant("old"), user("old")),
      { type: "message", id: "e9", parentId: "e1", timestamp: isoAt(600), message: assistant("new") },
    ]),
  );

  expect((await repair(file, { ...fix, linearize: true })).steps).toEqual([]);
});

test("the newest backups stay and the others go", async () => {
  const file = sessionFile(whole);
  const before: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    writeFileSync(file, `${readFileSync(file, "utf8")}broken ${round}\n`);
    before.push(readFileSync(file, "utf8"));
    await repair(file, { ...fix, backups: 2 });
  }

  const folder = path.dirname(file);
  const backups = readdirSync(folder)
    .filter((name) => name.includes(".bak-"))
    .toSorted();
  expect(backups.map((name) => readFileSync(path.join(folder, name), "utf8"))).toEqual(before.slice(2));
  expect(readFileSync(file, "utf8")).toBe(whole);
});

test("a copy that a person made beside the session is no backup, and the new backup stays", async () => {
  const file = sessionFile(`${whole}oops\n`);
  const copies = ["0", "before-upgrade", "good", "mine"].map((name) => `${file}.bak-${name}`);
  for (const copy of copies) writeFileSync(copy, "mine");

  const { backupFile = "" } = await repair(file, fix);

  expect(readFileSync(backupFile, "utf8")).toBe(`${whole}oops\n`);
  expect(copies.filter((copy) => existsSync(copy))).toEqual(copies);
});

test("a backup stays where the clock was set back since the others were made", async () => {
  const file = sessionFile(`${whole}oops\n`);
  const later = ["00a1", "00a2", "00a3"].map((name) => `${file}.bak-29990101T000000.000Z-${name}`);
  for (const backup of later) writeFileSync(backup, "older");

  const { backupFile = "" } = await repair(file, fix);

  expect(readFileSync(backupFile, "utf8")).toBe(`${whole}oops\n`);
  expect(later.filter((backup) => existsSync(backup))).toEqual(later.slice(1));
});

test("a repaired file still belongs to its user, also where another one repairs it who may give files away", async () => {
  const file = sessionFile(`${whole}oops\n`);
  const { uid } = statSync(file);
  // Root stands for the administrator; anybody else repairs a file of their own.
  const owner = uid === 0 ? 12_345 : uid;
  chownSync(file, owner, statSync(file).gid);

  await repair(file, fix);

  expect(statSync(file).uid).toBe(owner);
  expect(await leftIn(file)).toEqual([]);
});

test("a repaired file keeps its mode and leaves nothing else behind", async () => {
  const file = sessionFile(`${whole}oops\n`);
  execFileSync("chmod", ["640", file]);

  await repair(file, { ...fix, backups: 0 });

  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(
    readdirSync(path.dirname(file))
      .filter((name) => !name.endsWith(".lock"))
      .toSorted(),
  ).toEqual(["session.jsonl", "session.jsonl.rej"]);
});

test.each([
  ["notes", "my notes\nare here\n", "NOT_A_SESSION"],
  ["an empty file", "", "NOT_A_SESSION"],
  ["JSON of something else", '{"a":1}\n{"b":2}\n', "NOT_A_SESSION"],
  [
    "a session of an unknown version",
    `${JSON.stringify(header({ version: 9 }))}\nbroken\n`,
    "UNSUPPORTED_VERSION",
  ],
  [
    "a session of an unknown version with NUL bytes in front",
    `\0\0${JSON.stringify(header({ version: 9 }))}\n${one}\nbroken\n`,
    "UNSUPPORTED_VERSION",
  ],
  ["a store of pi-agent-core", '{"kind":"header","version":4,"id":"x"}\nbroken\n', "UNSUPPORTED_VERSION"],
])("%s is refused and left as it is", async (_, content, code) => {
  const file = sessionFile(content);

  await expect(repair(file)).rejects.toMatchObject({ code });
  await expect(repair(file, fix)).rejects.toMatchObject({ code });

  expect(readFileSync(file, "utf8")).toBe(content);
  expect(readdirSync(path.dirname(file)).filter((name) => !name.endsWith(".lock"))).toEqual([
    "session.jsonl",
  ]);
});

test("entries of version 1 keep their bytes where only the header's line is broken", async () => {
  const old = header({ version: undefined });
  const entries = [user("one"), assistant("two")].map((message) => ({
    type: "message",
    timestamp: isoAt(1),
    message,
  }));
  const [first = "", ...rest] = [old, ...entries].map((line) => JSON.stringify(line));
  const file = sessionFile(["\0\0" + first, ...rest, ""].join("\n"));

  await repair(file, fix);

  expect(linesIn(file)).toEqual([first, ...rest]);
});

test("what stands below a header without an id is mended at once", async () => {
  const file = sessionFile(`{"type":"session"}\n${one}\n${three}\n`);

  const { steps } = await repair(file, fix);

  expect(steps.map(({ code, action }) => `${code} ${action}`)).toEqual([
    "F1 reject",
    "F1 add-header",
    "T5 stand-in",
  ]);
  expect(await repair(file, fix)).toEqual({ applied: false, steps: [] });
});

test("a missing file, a folder and a link are refused", async () => {
  const folder = path.dirname(sessionFile(whole));
  symlinkSync("session.jsonl", path.join(folder, "link.jsonl"));
  mkdirSync(path.join(folder, "folder.jsonl"));

  await expect(repair(path.join(folder, "gone.jsonl"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(repair(path.join(folder, "gone.jsonl"), fix)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(repair(path.join(folder, "folder.jsonl"))).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  await expect(repair(path.join(folder, "link.jsonl"))).rejects.toMatchObject({ code: "NOT_A_SESSION" });
  expect(existsSync(path.join(folder, "gone.jsonl"))).toBe(false);
});

test("repair waits for the lock and goes away without it", async () => {
  const file = sessionFile(`${whole}oops\n`);
  await using lock = await acquireSessionWriteLock({ sessionFile: file });

  await expect(repair(file, { ...fix, lockTimeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(readFileSync(file, "utf8")).toBe(`${whole}oops\n`);

  await repair(file, { ...fix, within: lock });
  expect(readFileSync(file, "utf8")).toBe(whole);
});

test("a file that somebody writes to without the lock meanwhile is left to the next repair", async () => {
  const file = sessionFile(`${whole}oops\n`);
  // Repair asks its signal before each read, so this writes between its first look at the file and its last.
  const { signal } = new AbortController();
  const meddling = Object.assign(signal, { throwIfAborted: () => appendFileSync(file, "late\n") });

  await expect(repair(file, { ...fix, signal: meddling })).rejects.toMatchObject({ code: "CONFLICT" });

  expect(readFileSync(file, "utf8")).toMatch(/oops\n(late\n)+$/);
  expect(readdirSync(path.dirname(file)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  await repair(file, fix);
  expect(readFileSync(file, "utf8")).toBe(whole);
});

test.each([
  ["0.73.1", (path: string) => PiOld.open(path).buildSessionContext()],
  ["0.87.1", (path: string) => PiNew.open(path).buildSessionContext()],
])("pi %s reads a repaired session to the same end", async (_, contextIn) => {
  const file = sessionFile(`${top}\n${one}\n${torn}${three}\n${top}\n${four}`);

  await repair(file, fix);

  const { messages } = contextIn(file);
  expect(messages.map((message) => ("content" in message ? textOf(message.content) : ""))).toEqual([
    "one",
    "three",
    "four",
  ]);
});

test("a file of version 1 stays one, and keeps its lines", async () => {
  const lines = [
    header({ version: undefined }),
    { type: "message", timestamp: isoAt(1), message: user("one") },
  ].map((line) => JSON.stringify(line));
  const file = sessionFile(`${lines.join("\nbroken\n")}\n{"type":"mess`);

  const { steps } = await repair(file, fix);

  expect(steps.map(({ code }) => code)).toEqual(["F2", "F3"]);
  expect(linesIn(file)).toEqual(lines);
  expect(await leftIn(file)).toEqual([]);
});

test("blank lines are no entries to a compaction in a file of version 1", async () => {
  const said = [user("one"), calling("c"), result("c"), user("two")];
  const entries = said.map((message) => ({ type: "message", timestamp: isoAt(1), message }));
  const compaction = { type: "compaction", timestamp: isoAt(2), summary: "s", firstKeptEntryIndex: 4 };
  const lines = [header({ version: 1 }), ...entries, compaction].map((line) => JSON.stringify(line));
  const file = sessionFile(`${lines.join("\n").replace("\n", "\n\n")}\n`);

  expect((await validate(file)).ok).toBe(true);
  expect((await repair(file, fix)).steps).toEqual([]);
});

const spoken = (text: string) =>
  JSON.stringify({ type: "message", timestamp: isoAt(1), message: user(text) });

test.each([
  ["a second header goes", JSON.stringify(header({ version: 1 })), 2],
  ["an object that is no entry goes", '{"a":1}', 2],
  ["an entry comes back that odd white space hid", `\u00a0${spoken("hidden")}`, 4],
])(
  "where %s, a compaction in a file of version 1 keeps from the entry that it kept from, under its new number",
  async (_, odd, firstKeptEntryIndex) => {
    const compaction = { type: "compaction", timestamp: isoAt(2), summary: "s", firstKeptEntryIndex: 3 };
    const top = JSON.stringify(header({ version: undefined }));
    const lines = [top, spoken("one"), odd, spoken("two"), spoken("three"), JSON.stringify(compaction), ""];
    const file = sessionFile(lines.join("\n"));
    const context = SessionManager.open(file).buildSessionContext();

    const { steps } = await repair(file, fix);

    expect(steps.at(-1)).toMatchObject({ code: "T7", action: "set-kept" });
    expect(JSON.parse(linesIn(file).at(-1) ?? "")).toMatchObject({ firstKeptEntryIndex });
    expect(SessionManager.open(file).buildSessionContext()).toEqual(context);
    expect(await repair(file, fix)).toEqual({ applied: false, steps: [] });
  },
);

test("a compaction in a file of version 1 that keeps from no entry before it says that it keeps nothing", async () => {
  const compaction = { type: "compaction", timestamp: isoAt(3), summary: "s", tokensBefore: 1 };
  const lines = (kept: object) => [
    header({ version: undefined }),
    { type: "message", timestamp: isoAt(1), message: calling("c1") },
    { type: "message", timestamp: isoAt(2), message: result("c1") },
    { ...compaction, ...kept },
  ];
  const wanted = [
    { given: {}, firstKeptEntryIndex: 3 },
    { given: { firstKeptEntryId: "gone" }, firstKeptEntryIndex: 3 },
    { given: { firstKeptEntryIndex: 9 }, firstKeptEntryIndex: 3 },
    { given: { firstKeptEntryIndex: 2 }, firstKeptEntryIndex: 1 }, // the call of that result
    { given: { firstKeptEntryIndex: 1 }, firstKeptEntryIndex: 1 },
  ];
  for (const { given, firstKeptEntryIndex } of wanted) {
    const file = sessionFile(
      lines(given)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
    );

    await repair(file, fix);

    expect(JSON.parse(linesIn(file).at(-1) ?? "")).toMatchObject({ firstKeptEntryIndex });
    expect(await leftIn(file)).toEqual([]);
    expect((await repair(file, fix)).applied).toBe(false);
  }
});

test("an open transcript goes on in the repaired file", async () => {
  const file = sessionFile(whole);
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("five"));
  writeFileSync(file, readFileSync(file, "utf8").replace(`${two}\n`, `${torn}\n`));

  await repair(file, fix);
  await transcript.append(userMessage("six"));

  expect(readRaw(file)).toMatchObject({
    unreadable: 0,
    forks: 0,
    visible: ["one", "three", "four", "five", "six"],
  });
});

test("a session broken as in the original bug can be continued by projection alone, and by repair", async () => {
  const broken = [
    user("do it"),
    calling("c1", "c2"),
    assistant("mirrored while the tools ran", { provider: "openclaw" }),
    result("c1"),
    assistant("mirrored again", { provider: "openclaw" }),
    assistant("and again", { provider: "openclaw" }),
    result("c1"),
    result("gone"),
    assistant("done"),
    user("go on"),
  ];
  const content = linesOf(chat(...broken));
  const second = content.split("\n")[3] ?? "";
  const file = sessionFile(`${content.replace(`${second}\n`, second.slice(0, 90))}${top}\n`);
  const { ok, findings } = await validate(file);
  expect(ok).toBe(false);
  expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(["F1", "F2", "T5", "C11"]));
  const unrepaired = projectContext(SessionManager.open(file).getBranch(), { profile: "strict" });
  expect(validateMessages(unrepaired.messages, { profile: "strict" }).ok).toBe(true);

  await repair(file, fix);
  expect(await leftIn(file)).toEqual([]);
  const branch = SessionManager.open(file).getBranch();
  const { messages } = projectContext(branch, { profile: "strict" });
  expect(messages.at(-1)).toMatchObject({ role: "user" });
  expect(messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "toolResult",
    "toolResult",
    "assistant",
    "user",
  ]);
});
