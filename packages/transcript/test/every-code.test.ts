// One table of all rules: what breaks each, how grave it is, and what mends it.
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { projectContext, repair, SessionManager, validate, validateMessages } from "../src/index.ts";
import type {
  InvariantCode,
  ProviderProfile,
  SessionEntry,
  Severity,
  ValidateOptions,
} from "../src/index.ts";
import {
  assistant,
  call,
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
import type { Loose } from "./session-lines.ts";

const thinking = { type: "thinking", thinking: "hm", thinkingSignature: "sig" };
const image = { type: "image", data: "aGVsbG8=", mimeType: "image/png" };
const custom = (fields: Loose = {}): Loose => ({ type: "custom", customType: "x", ...fields });
const compaction = (kept: string): Loose => ({
  type: "compaction",
  summary: "s",
  firstKeptEntryId: kept,
  tokensBefore: 1,
});
const said = (...blocks: readonly Loose[]): Loose => assistant("", { content: blocks });
const text = { type: "text", text: "x" };

/** A file that breaks a rule, and everything that is found in it, the rule first. */
type Broken = readonly [code: InvariantCode, severity: Severity, file: string, found: readonly string[]];

/** What `repair` mends on disk. */
const ON_DISK: readonly Broken[] = [
  ["F1", "E", linesOf(chat(user())).split("\n").slice(1).join("\n"), ["F1 E"]],
  ["F1", "W", linesOf([...chat(user()), header()]), ["F1 W"]],
  ["F2", "E", `${linesOf(chat(user()))}oops\n`, ["F2 E"]],
  ["F3", "E", linesOf(chat(user())).trimEnd(), ["F3 E"]],
  [
    "T1",
    "E",
    linesOf([...chat(user()), ...chat(user("again")).map((one) => ({ ...one, parentId: "e1" }))]),
    ["T1 E"],
  ],
  ["T2", "E", linesOf(chain(custom({ parentId: "e2" }), custom({ parentId: null }))), ["T2 E"]],
  // A ring has a parent that comes later.
  ["T3", "E", linesOf(chain(custom({ parentId: "e2" }), custom({ parentId: "e1" }))), ["T3 E", "T2 E"]],
  ["T5", "E", linesOf(chain(custom({ parentId: "gone" }))), ["T5 E"]],
  ["T7", "E", linesOf([...chat(user()), ...chain({}, compaction("gone")).slice(1)]), ["T7 E"]],
  // The last entry is one of those without an id.
  ["T8", "E", linesOf([...chat(user()), custom({ parentId: "e1", timestamp: isoAt(2) })]), ["T8 E", "T1 E"]],
  [
    "T10",
    "W",
    linesOf(chain(custom(), custom(), custom({ parentId: "e1", timestamp: isoAt(2) }))),
    ["T10 W"],
  ],
];

/** What no repair touches, for its own reason each: see docs/validation.md. */
const LEFT: readonly Broken[] = [
  ["F4", "E", `${JSON.stringify(header({ version: 9 }))}\n`, ["F4 E"]],
  ["T4", "W", linesOf(chain(custom(), custom({ parentId: null }))), ["T4 W"]],
  ["T6", "W", linesOf(chain({ type: "label", targetId: "gone", label: "x" })), ["T6 W"]],
  ["T9", "W", linesOf(chain(custom({ timestamp: "yesterday" }))), ["T9 W"]],
  ["C8", "W", linesOf(chat(user(), calling("c1"), result("c1"), calling("c1"), result("c1"))), ["C8 W"]],
];

type Judged = readonly [InvariantCode, Severity, ValidateOptions, readonly Loose[], readonly string[]];

const m2 = { provider: "anthropic", model: "m2" };
const gemini = { provider: "google", model: "gemini-3-pro" };

/** What the projection mends: the branch is a request to the provider as it stands. */
const IN_CONTEXT: readonly Judged[] = [
  ["S1", "E", {}, [user("", { content: null })], ["S1 E"]],
  ["S2", "E", { profile: "anthropic" }, [user(" ")], ["S2 E"]],
  ["S3", "E", {}, [user(), said(call("c1", { arguments: "{" })), result("c1")], ["S3 E", "S6 W"]],
  ["S4", "E", {}, [user(), calling("c1", "c1"), result("c1"), result("c1")], ["S4 E"]],
  ["S5", "E", {}, [user(), calling("c1"), result("c1", "x", { isError: undefined })], ["S5 E"]],
  ["S6", "W", { profile: "openai-chat" }, [user(), assistant("x", { stopReason: "toolUse" })], ["S6 W"]],
  ["S7", "E", {}, [user("\ud83d")], ["S7 E"]],
  ["S8", "E", {}, [user("", { content: [{ ...image, data: "?" }] })], ["S8 E"]],
  ["C1", "E", { profile: "anthropic" }, [assistant(), user()], ["C1 E"]],
  ["C2", "E", {}, [user(), calling("c1"), user("between"), result("c1")], ["C2 E"]],
  ["C3", "E", {}, [user(), result("gone")], ["C3 E"]],
  ["C4", "E", {}, [user(), calling("c1"), result("c1"), result("c1")], ["C4 E"]],
  ["C5", "E", {}, [user(), calling("c1"), user("and?")], ["C5 E"]],
  ["C6", "E", {}, [user(), assistant("", { stopReason: "error" }), user()], ["C6 E"]],
  ["C7", "E", {}, [user(), { ...calling("c1"), stopReason: "length" }, user()], ["C7 E"]],
  ["C10", "E", { profile: "bedrock" }, [user(), assistant()], ["C10 E"]],
  ["C11", "E", { profile: "google" }, [user(), user()], ["C11 E"]],
  ["C12", "E", { profile: "anthropic", model: m2 }, [user(), said(thinking, text), user()], ["C12 E"]],
  ["P1", "E", { profile: "mistral" }, [user(), calling("toolu_0123"), result("toolu_0123")], ["P1 E"]],
  [
    "P2",
    "E",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1"), calling("c1"), result("c1")],
    ["P2 E"],
  ],
  ["P3", "E", { profile: "mistral" }, [user(), calling("abcDEF123"), result("abcDEF123"), user()], ["P3 E"]],
  [
    "P4",
    "E",
    { profile: "anthropic" },
    [user(), said({ type: "thinking", thinking: "hm" }, text), user()],
    ["P4 E"],
  ],
  ["P5", "E", { profile: "openai-responses" }, [user(), said(text, thinking), user()], ["P5 E"]],
  [
    "P6",
    "E",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1", "", { content: [image], isError: true })],
    ["P6 E"],
  ],
  ["P7", "E", { profile: "google", model: gemini }, [user(), calling("c1"), result("c1")], ["P7 E"]],
];

const listed = ({ findings }: { readonly findings: readonly { code: string; severity: string }[] }) =>
  findings.map(({ code, severity }) => `${code} ${severity}`);
const sorted = (codes: readonly string[]) => codes.toSorted();

test("every rule has its row", async () => {
  const rows = [...ON_DISK, ...LEFT, ...IN_CONTEXT].map(([code]) => code);
  // These need more than a file or a list: see the tests below.
  const others = ["F5", "F6", "S9", "C9"];
  const range = (group: string, last: number) => Array.from({ length: last }, (_, at) => `${group}${at + 1}`);
  const all = [...range("F", 6), ...range("T", 10), ...range("S", 9), ...range("C", 12), ...range("P", 7)];

  expect(sorted([...new Set([...rows, ...others])])).toEqual(sorted(all));
  expect((await validate([{ type: "custom", data: 1n }])).findings[0]).toMatchObject({
    code: "S9",
    severity: "E",
  });
});

test.each([...ON_DISK, ...LEFT])(
  "%s is found, %s, with nothing that does not come with it",
  async (_, __, content, found) => {
    expect(sorted(listed(await validate(sessionFile(content))))).toEqual(sorted(found));
  },
);

test.each(ON_DISK)(
  "%s (%s) is mended by repair, which deletes nothing and then has nothing to do",
  async (code, _, content) => {
    const file = sessionFile(content);
    const options = { dryRun: false, linearize: true, backups: 1 };

    const dry = await repair(file, { linearize: true });
    expect(readFileSync(file, "utf8")).toBe(content);
    const { applied, steps, backupFile } = await repair(file, options);

    expect(applied).toBe(true);
    expect(steps).toEqual(dry.steps);
    expect((await validate(file)).findings.map((finding) => finding.code)).not.toContain(code);
    expect((await validate(file)).ok).toBe(true);
    expect(readFileSync(backupFile ?? "", "utf8")).toBe(content);
    const beside = existsSync(`${file}.rej`) ? readFileSync(`${file}.rej`, "utf8") : "";
    const kept = withoutLinks(readFileSync(file, "utf8") + beside);
    expect(content.split("\n").filter((line) => !kept.includes(withoutLinks(line)))).toEqual([]);
    expect(await repair(file, options)).toEqual({ applied: false, steps: [] });
    expect(readdirSync(path.dirname(file)).filter((name) => name.includes(".bak-"))).toHaveLength(1);
  },
);

test.each(LEFT.filter(([code]) => code !== "F4"))(
  "%s (%s) is left by repair, byte for byte",
  async (_, __, content) => {
    const file = sessionFile(content);

    expect(await repair(file, { dryRun: false, linearize: true })).toEqual({ applied: false, steps: [] });
    expect(readFileSync(file, "utf8")).toBe(content);
  },
);

test("F4 is refused by repair, and the file stays", async () => {
  const file = sessionFile(linesOf([]).replace('"version":3', '"version":9'));

  await expect(repair(file, { dryRun: false })).rejects.toMatchObject({ code: "UNSUPPORTED_VERSION" });
  expect(readFileSync(file, "utf8")).toContain('"version":9');
});

test("F5 and F6 are what the system says of a file, and no repair writes for them", async () => {
  const file = sessionFile(linesOf(chat(user())));
  chmodSync(file, 0o644);

  const report = validate(file);
  appendFileSync(file, `${JSON.stringify({ ...chat(user())[0], id: "e2", parentId: "e1" })}\n`);

  expect(sorted(listed(await report))).toEqual(["F5 W", "F6 W"]);
  expect((await repair(file)).steps).toEqual([]);
});

test.each(IN_CONTEXT)(
  "%s is found, %s, in what would go to the provider as it stands",
  (_, __, options, messages, found) => {
    expect(sorted(listed(validateMessages(messages, options)))).toEqual(sorted(found));
  },
);

test.each(IN_CONTEXT)(
  "%s (%s) is not in what the projection makes of it, and the file is left",
  async (_, __, options, messages) => {
    const content = linesOf(chat(...messages));
    const file = sessionFile(content);
    const branch = SessionManager.open(file).getBranch();

    const projected = projectContext(branch, { profile: "strict", ...options });

    expect(listed(validateMessages(projected.messages, { profile: "strict", ...options }))).toEqual([]);
    expect(projected.changes).not.toEqual([]);
    expect((await repair(file, { dryRun: false })).applied).toBe(false);
    expect(readFileSync(file, "utf8")).toBe(content);
  },
);

test("C9 is a cut inside a group; the projection keeps from its call on", async () => {
  const entries = [
    ...chat(user(), calling("c1")),
    ...chain({}, {}, custom(), { type: "message", message: result("c1") }, compaction("e3")).slice(2),
  ];

  expect(listed(await validate(entries))).toEqual(["C9 E"]);
  const { messages } = projectContext(entries as unknown as SessionEntry[], { profile: "openai-chat" });
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult"]);
  expect(validateMessages(messages, { profile: "openai-chat" }).ok).toBe(true);
});

const PROFILES: readonly ProviderProfile[] = [
  "anthropic",
  "openai-chat",
  "openai-responses",
  "google",
  "bedrock",
  "mistral",
  "strict",
];

/** What the original bug, old writers and power cuts leave, all in one file. */
const WRECK = [
  linesOf([
    ...chat(
      user("first"),
      calling("c1", "c2"),
      result("c2", "of c2"),
      assistant("mirror"),
      assistant("again"),
    ),
    header(),
    { type: "message", id: "f1", parentId: "e2", timestamp: isoAt(6), message: result("c1", "of c1") },
    { type: "message", id: "f2", parentId: "f1", timestamp: isoAt(7), message: calling("lost") },
    { type: "message", id: "f3", parentId: "f2", timestamp: isoAt(8), message: user("after the loss") },
    { type: "message", id: "f4", parentId: "gone", timestamp: isoAt(9), message: result("nobody", "stray") },
  ]),
  JSON.stringify({
    type: "message",
    id: "g1",
    parentId: "f4",
    timestamp: isoAt(10),
    message: user("fused one"),
  }),
  `${JSON.stringify({ type: "message", id: "g2", parentId: "g1", timestamp: isoAt(11), message: user("fused two") })}\n`,
  `${JSON.stringify({ type: "message", id: "g3", parentId: "g2", timestamp: isoAt(12), message: assistant("last") })}\n`,
  '{"type":"message","id":"h1","parentId":"g3","mess',
].join("");

test.each(PROFILES)(
  "a session that is broken in every way of the original bug can be continued with %s by the projection alone",
  (profile) => {
    const session = SessionManager.open(sessionFile(WRECK));

    const { messages } = projectContext(session.getBranch(), { profile });

    expect(listed(validateMessages(messages, { profile })).filter((code) => code.endsWith("E"))).toEqual([]);
    expect(JSON.stringify(messages)).toContain("last");
  },
);

test("repair makes that session whole: every text is on disk, the lines that can be read are one chain again, and it goes on", async () => {
  const file = sessionFile(WRECK);
  expect((await validate(file)).ok).toBe(false);

  await repair(file, { dryRun: false, linearize: true });

  const { findings } = await validate(file);
  expect(findings.filter(({ code, severity }) => severity === "E" && /^[FT]/.test(code))).toEqual([]);
  const session = SessionManager.open(file);
  const branch = JSON.stringify(session.getBranch());
  for (const word of ["first", "fused one", "fused two", "last", "after the loss", "of c1"])
    expect(branch).toContain(word);
  const everything = readFileSync(file, "utf8");
  for (const word of ["mirror", "again", "of c2", "stray"]) expect(everything).toContain(word);
  expect(readFileSync(`${file}.rej`, "utf8")).toContain('"h1","parentId":"g3","mess');
  for (const profile of PROFILES)
    expect(validateMessages(projectContext(session.getBranch(), { profile }).messages, { profile }).ok).toBe(
      true,
    );
  expect((await repair(file, { dryRun: false, linearize: true })).steps).toEqual([]);
});

/** Ids, parents and kept entries are what repair sets. */
function withoutLinks(lines: string): string {
  return lines.replaceAll(/"(id|parentId|firstKeptEntryId)":("[^"]*"|null),?/g, "");
}
