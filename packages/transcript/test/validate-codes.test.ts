import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { validate, validateMessages } from "../src/index.ts";
import type { ValidateOptions } from "../src/index.ts";
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

/** `code severity` of every finding, in order. */
async function codesOf(target: string | readonly unknown[], options?: ValidateOptions): Promise<string[]> {
  const { findings } = await validate(target, options);
  return findings.map(({ code, severity }) => `${code} ${severity}`);
}

function requestCodes(messages: readonly unknown[], options: ValidateOptions): string[] {
  return validateMessages(messages, options).findings.map(({ code, severity }) => `${code} ${severity}`);
}

const thinking = { type: "thinking", thinking: "hm", thinkingSignature: "sig" };
const image = { type: "image", data: "aGVsbG8=", mimeType: "image/png" };
const healthy = [user(), calling("c1", "c2"), result("c1"), result("c2"), assistant("done")];

test.each<[string, string, readonly string[]]>([
  ["a healthy session", linesOf(chat(...healthy)), []],
  ["a header alone", linesOf([]), []],
  ["Windows line ends and blank lines", `${JSON.stringify(header())}\r\n\r\n\n`, []],
  ["an empty file", "", ["F1 E"]],
  ["a file of blank lines", "\n \n", ["F1 E"]],
  ["entries without a header", linesOf(chat(user())).split("\n").slice(1).join("\n"), ["F1 E"]],
  ["a second header", linesOf([...chat(user()), header()]), ["F1 W"]],
  ["a byte order mark", `\ufeff${linesOf([])}`, ["F1 W"]],
  ["a line that is no JSON", `${linesOf([])}oops\n`, ["F2 E"]],
  ["a line that is no object", `${linesOf([])}[1]\n`, ["F2 E"]],
  ["a line of NUL bytes", `${linesOf(chat(user()))}\0\0\0\n`, ["F2 E"]],
  [
    "two lines fused into one",
    linesOf(chat(user(), assistant())).replace("}\n{", "}{"),
    ["F1 E", "T5 E", "C1 W"],
  ],
  [
    "a torn line with the next one behind it",
    linesOf(chat(user(), assistant(), user())).replace(/"usage".*\n/, ""),
    ["F2 E"],
  ],
  ["an object without a type", linesOf([{ id: "a", parentId: null, timestamp: isoAt(1) }]), ["F2 E"]],
  [
    "an object without a type in version 1",
    `${JSON.stringify(header({ version: 1 }))}\n{"a":1}\n{"type":5}\n`,
    ["F2 E", "F2 E"],
  ],
  ["a last line without its newline", linesOf(chat(user())).trimEnd(), ["F3 E"]],
  ["a last line that is cut off", linesOf(chat(user())).slice(0, -9), ["F3 E"]],
  ["an unknown version", `${JSON.stringify(header({ version: 9 }))}\n`, ["F4 E"]],
  ["a store of pi-agent-core", `${JSON.stringify({ kind: "header", version: 4, id: "x" })}\n`, ["F4 E"]],
  ["versions 1 and 2", `${JSON.stringify(header({ version: 2 }))}\n`, []],
])("the file rules judge %s", async (_, content, codes) => {
  expect(await codesOf(sessionFile(content))).toEqual(codes);
});

test.each([
  ["an empty file", "", "the file is empty: the first append begins it"],
  ["a file of blank lines", "\n \n", "the file is blank: it has neither header nor entry"],
  ["a file of notes", "my notes\n", "the first line is no session header"],
])("of %s nobody is promised that repair puts a header into it", async (_, content, message) => {
  const { findings } = await validate(sessionFile(content));

  expect(findings).toMatchObject([
    {
      code: "F1",
      message,
      fix: expect.stringMatching(/; a file with neither header nor entry it leaves alone$/) as string,
    },
  ]);
});

test("bytes that are not UTF-8 are F2, and what is read of the line still counts", async () => {
  const content = Buffer.from(linesOf(chat(user("caf?"))));
  content[content.indexOf("?")] = 0xe9;

  const report = await validate(sessionFile(content));

  expect(report).toMatchObject({ ok: false, entries: 1, findings: [{ code: "F2", severity: "E", line: 2 }] });
});

test("a file that others can read is F5, one that only its owner can read is not", async () => {
  const file = sessionFile(linesOf([]));
  chmodSync(file, 0o644);
  expect(await codesOf(file)).toEqual(["F5 W"]);

  chmodSync(file, 0o600);
  expect(await codesOf(file)).toEqual([]);
});

test("a file that grows while it is read is F6, and what came later is not judged", async () => {
  const file = sessionFile(linesOf(chat(user())));

  const report = validate(file);
  appendFileSync(file, "oops\n");

  expect((await report).findings).toMatchObject([{ code: "F6", severity: "W" }]);
});

test("a conversation is judged as its edits leave it", async () => {
  const edit = (targetId: string, replacement: unknown) => ({ type: "context_edit", targetId, replacement });
  const said = (...messages: Loose[]) => messages.map((message) => ({ type: "message", message }));
  const conversation = async (...parts: Loose[]) =>
    (await codesOf(chain(...parts))).filter((code) => code.startsWith("C"));
  const orphan = said(user(), result("gone"), assistant());
  const answered = said(user(), calling("c"), result("c"), assistant(), user());

  expect(await conversation(...orphan)).toEqual(["C3 E"]);
  expect(await conversation(...orphan, edit("e2", null))).toEqual([]);
  expect(await conversation(...orphan, edit("e2", null), edit("e2", { content: "kept" }))).toEqual(["C3 E"]);
  expect(await conversation(...answered, edit("e3", null))).toEqual(["C5 E", "C11 W"]);
  expect(await conversation(...answered, edit("e3", null), edit("e2", { content: "no call" }))).toEqual([
    "C11 W",
  ]);
});

test("version 1 has no ids, and its conversation is judged in the order of the lines", async () => {
  const lines = [
    header({ version: undefined }),
    ...[user(), assistant(), result("gone")].map((message) => ({
      type: "message",
      message,
      timestamp: isoAt(1),
    })),
  ];
  const content = lines.map((line) => `${JSON.stringify(line)}\n`).join("");

  expect(await codesOf(sessionFile(content))).toEqual(["C3 E"]);
});

test.each<[string, readonly Loose[], readonly string[]]>([
  [
    "a fork made by going back",
    [
      ...chat(user(), assistant()),
      ...chain({}, {}, { type: "message", message: user(), parentId: "e1", timestamp: isoAt(60) }).slice(2),
    ],
    [],
  ],
  [
    "an entry without an id",
    [
      ...chat(user()),
      { type: "custom", customType: "x", parentId: "e1", timestamp: isoAt(2) },
      ...chain({}, { type: "custom", customType: "x", parentId: "e1", timestamp: isoAt(60) }).slice(1),
    ],
    ["T1 E"],
  ],
  ["an id that is taken", [...chat(user()), ...chat(user("again"))], ["T4 W", "T1 E"]],
  [
    "a parent that comes later",
    chain({ type: "custom", parentId: "e2" }, { type: "custom", parentId: null }),
    ["T2 E"],
  ],
  ["a parentId that is no id", chain({ type: "custom", parentId: 7 }), ["T2 E"]],
  ["a ring", chain({ type: "custom", parentId: "e2" }, { type: "custom", parentId: "e1" }), ["T2 E", "T3 E"]],
  ["an entry that is its own parent", chain({ type: "custom", parentId: "e1" }), ["T2 E", "T3 E"]],
  ["a second root", chain({ type: "custom" }, { type: "custom", parentId: null }), ["T4 W"]],
  ["a parent that is missing", chain({ type: "custom", parentId: "gone" }), ["T5 E"]],
  ["a label of a missing entry", chain({ type: "label", targetId: "gone", label: "x" }), ["T6 W"]],
  ["a label of an entry", chain({ type: "custom" }, { type: "label", targetId: "e1", label: "x" }), []],
  [
    "an edit of another branch",
    chain(
      { type: "custom" },
      { type: "custom", parentId: "e1" },
      { type: "context_edit", parentId: "e1", targetId: "e2", replacement: null, timestamp: isoAt(60) },
    ),
    ["T6 W"],
  ],
  [
    "an edit of its branch",
    chain({ type: "custom" }, { type: "context_edit", targetId: "e1", replacement: null }),
    [],
  ],
  [
    "a compaction that keeps from nowhere",
    [...chat(user()), ...chain({}, { type: "compaction", summary: "s", firstKeptEntryId: "gone" }).slice(1)],
    ["T7 E"],
  ],
  [
    "a compaction that keeps from its branch",
    [...chat(user()), ...chain({}, { type: "compaction", summary: "s", firstKeptEntryId: "e1" }).slice(1)],
    [],
  ],
  [
    "a compaction that keeps nothing",
    [...chat(user()), ...chain({}, { type: "compaction", summary: "s", firstKeptEntryId: null }).slice(1)],
    [],
  ],
  [
    "a compaction that keeps from a result",
    [
      ...chat(user(), calling("c1"), result("c1")),
      ...chain({}, {}, {}, { type: "compaction", summary: "s", firstKeptEntryId: "e3" }).slice(3),
    ],
    ["T7 E", "C9 E"],
  ],
  [
    "a last entry without an id",
    [...chat(user()), { type: "custom", customType: "x", parentId: "e1", timestamp: isoAt(2) }],
    ["T1 E", "T8 E"],
  ],
  ["a time that is none", chain({ type: "custom", timestamp: "yesterday" }), ["T9 W"]],
  [
    "an entry older than its parent",
    chain({ type: "custom" }, { type: "custom", timestamp: isoAt(0) }),
    ["T9 W"],
  ],
  [
    "two branches that grow at once",
    chain(
      { type: "custom" },
      { type: "custom", timestamp: isoAt(60) },
      { type: "custom", parentId: "e1", timestamp: isoAt(120) },
      { type: "custom", parentId: "e2", timestamp: isoAt(180) },
    ),
    ["T10 W"],
  ],
  [
    "two children within a second",
    chain({ type: "custom" }, { type: "custom" }, { type: "custom", parentId: "e1", timestamp: isoAt(2) }),
    ["T10 W"],
  ],
  [
    "a branch that begins with its summary",
    chain(
      { type: "custom" },
      { type: "custom" },
      { type: "branch_summary", fromId: "e2", summary: "", parentId: "e1", timestamp: isoAt(2) },
    ),
    [],
  ],
])("the tree rules judge %s", async (_, entries, codes) => {
  expect(await codesOf(sessionFile(linesOf(entries)))).toEqual(codes);
  expect(await codesOf(entries)).toEqual(codes);
});

test.each<[string, readonly unknown[], readonly string[]]>([
  ["a message that is none", [null], ["S1 E"]],
  ["an unknown role", [user(), { role: "robot", content: "x" }], ["S1 W"]],
  ["null content", [user("", { content: null })], ["S1 E"]],
  ["an unknown block", [user("", { content: [{ type: "video" }] })], ["S1 W"]],
  ["blank text", [user(" \n")], ["S2 W"]],
  ["an assistant without content", [user(), assistant("", { content: [] })], ["S2 W"]],
  ["a failed turn without content", [user(), assistant("", { content: [], stopReason: "error" })], []],
  [
    "a call without an id",
    [
      user(),
      assistant("", { content: [{ type: "toolCall", name: "read", arguments: {} }], stopReason: "toolUse" }),
    ],
    ["S3 E", "C5 W"],
  ],
  [
    "a call without arguments",
    [
      user(),
      assistant("", { content: [call("c1", { arguments: "{" })], stopReason: "toolUse" }),
      result("c1"),
    ],
    ["S3 E"],
  ],
  [
    "a tool name with a space",
    [
      user(),
      assistant("", { content: [call("c1", { name: "read file" })], stopReason: "toolUse" }),
      result("c1"),
    ],
    ["S3 W"],
  ],
  ["one id for two calls", [user(), calling("c1", "c1"), result("c1"), result("c1")], ["S4 E"]],
  ["a result that names no call", [user(), result("", "x")], ["S5 E", "C3 E"]],
  ["a result without isError", [user(), calling("c1"), result("c1", "x", { isError: undefined })], ["S5 W"]],
  ["a stop reason without calls", [user(), assistant("x", { stopReason: "toolUse" })], ["S6 W"]],
  ["a lone surrogate", [user("\ud83d")], ["S7 W"]],
  [
    "a lone surrogate in arguments",
    [
      user(),
      assistant("", { content: [call("c1", { arguments: { a: "\udead" } })], stopReason: "toolUse" }),
      result("c1"),
    ],
    ["S7 W"],
  ],
  ["an emoji", [user("😀")], []],
  ["an image without data", [user("", { content: [{ type: "image", mimeType: "image/png" }] })], ["S8 E"]],
  ["an image of base64", [user("", { content: [image] })], []],
])("the message rules judge %s", async (_, messages, codes) => {
  const entries = chain(...messages.map((message) => ({ type: "message", message })));
  expect(await codesOf(sessionFile(linesOf(entries)))).toEqual(codes);
  expect(await codesOf(entries)).toEqual(codes);
});

test("what JSON cannot hold is S9", async () => {
  const ring: Record<string, unknown> = { type: "custom" };
  ring["self"] = ring;

  expect(await codesOf([{ ...chat(user())[0], data: 1n }, ring, () => 1])).toEqual(["S9 E", "S9 E", "S9 E"]);
  expect(requestCodes([user(), { role: "user", content: 1n }], {})).toEqual(["S9 E"]);
  expect(await codesOf(chat(user()))).toEqual([]);
});

test.each<[string, readonly Loose[], readonly string[]]>([
  ["one that begins with the assistant", [assistant()], ["C1 W"]],
  ["results in another order", [user(), calling("c1", "c2"), result("c2"), result("c1")], ["C2 W"]],
  [
    "a mirror between a call and its result",
    [user(), calling("c1"), assistant("mirror"), result("c1")],
    ["C2 E", "C11 W"],
  ],
  [
    "a command between a call and its result",
    [
      user(),
      calling("c1"),
      { role: "bashExecution", command: "ls", output: "", cancelled: false, truncated: false, timestamp: 1 },
      result("c1"),
    ],
    ["C2 E"],
  ],
  [
    "a command that the model is not shown",
    [
      user(),
      calling("c1"),
      { role: "bashExecution", command: "ls", output: "", excludeFromContext: true, timestamp: 1 },
      result("c1"),
    ],
    [],
  ],
  ["a result without a call", [user(), result("gone")], ["C3 E"]],
  ["two results of a call", [user(), calling("c1"), result("c1"), result("c1")], ["C4 E"]],
  ["a call that nobody answered", [user(), calling("c1"), user("and?")], ["C5 E"]],
  ["calls that are being run", [user(), calling("c1", "c2"), result("c1")], ["C5 W"]],
  [
    "a result of a failed turn",
    [user(), { ...calling("c1"), stopReason: "error" }, result("c1"), user()],
    ["C6 E"],
  ],
  ["a failed turn", [user(), { ...calling("c1"), stopReason: "aborted" }, user()], []],
  ["a call that was cut off", [user(), { ...calling("c1"), stopReason: "length" }, user()], ["C7 W"]],
  ["an id that comes again", [user(), calling("c1"), result("c1"), calling("c1"), result("c1")], ["C8 W"]],
  ["two assistant turns in a row", [user(), assistant(), assistant("mirror")], ["C11 W"]],
])("the conversation rules judge %s", async (_, messages, codes) => {
  expect(await codesOf(sessionFile(linesOf(chat(...messages))))).toEqual(codes);
});

test("a compaction that parts a group is C9, and one that keeps it whole is not", async () => {
  const parted = (kept: string) => [
    ...chat(user(), calling("c1"), user("meanwhile"), result("c1")),
    ...chain({}, {}, {}, {}, { type: "compaction", summary: "s", firstKeptEntryId: kept }).slice(4),
  ];

  expect(await codesOf(parted("e3"))).toEqual(["C2 E", "C9 E"]);
  expect(await codesOf(parted("e2"))).toEqual(["C2 E"]);
});

test("only the branch of the last entry is judged as a conversation", async () => {
  const left = chat(user(), result("gone"));
  const taken = { type: "message", id: "e9", parentId: "e1", timestamp: isoAt(60), message: assistant() };

  expect(await codesOf([...left, taken])).toEqual([]);
  expect(await codesOf(left)).toEqual(["C3 E"]);
});

test("what lies before the newest compaction is not judged as a conversation", async () => {
  const compaction = chain({}, {}, {}, { type: "compaction", summary: "s", firstKeptEntryId: "e3" }).slice(3);

  expect(await codesOf([...chat(user(), result("gone"), user()), ...compaction])).toEqual([]);
});

test.each<[string, ValidateOptions, readonly Loose[], readonly string[]]>([
  ["an assistant in front", { profile: "anthropic" }, [assistant(), user()], ["C1 E"]],
  ["an assistant in front where that is allowed", { profile: "openai-chat" }, [assistant(), user()], []],
  ["an assistant at the end", { profile: "bedrock" }, [user(), assistant()], ["C10 E"]],
  [
    "an assistant at the end where that is allowed",
    { profile: "openai-responses" },
    [user(), assistant()],
    [],
  ],
  [
    "a failed turn",
    { profile: "openai-chat" },
    [user(), assistant("", { stopReason: "error" }), user()],
    ["C6 E"],
  ],
  ["two users in a row", { profile: "google" }, [user(), user()], ["C11 E"]],
  ["two users in a row that the provider joins", { profile: "anthropic" }, [user(), user()], ["C11 W"]],
  [
    "a signature of another model",
    { profile: "anthropic", model: { provider: "anthropic", model: "m2" } },
    [user(), assistant("", { content: [thinking, { type: "text", text: "x" }] }), user()],
    ["C12 E"],
  ],
  [
    "a signature of the model",
    { profile: "anthropic", model: { provider: "anthropic", model: "m1" } },
    [user(), assistant("", { content: [thinking, { type: "text", text: "x" }] }), user()],
    [],
  ],
  ["a long id", { profile: "mistral" }, [user(), calling("toolu_0123"), result("toolu_0123")], ["P1 E"]],
  ["an id of nine letters", { profile: "mistral" }, [user(), calling("abcDEF123"), result("abcDEF123")], []],
  [
    "an id that comes again",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1"), calling("c1"), result("c1")],
    ["P2 E"],
  ],
  [
    "a user after a result",
    { profile: "mistral" },
    [user(), calling("abcDEF123"), result("abcDEF123"), user()],
    ["P3 E"],
  ],
  [
    "a user after a result where that is allowed",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1"), user()],
    [],
  ],
  [
    "reasoning without a signature",
    { profile: "anthropic" },
    [
      user(),
      assistant("", {
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "text", text: "x" },
        ],
      }),
      user(),
    ],
    ["P4 E"],
  ],
  [
    "reasoning at the end",
    { profile: "openai-responses" },
    [user(), assistant("", { content: [{ type: "text", text: "x" }, thinking] }), user()],
    ["P5 E"],
  ],
  [
    "an image in a failed result",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1", "", { content: [image], isError: true })],
    ["P6 E"],
  ],
  [
    "an image in a result",
    { profile: "anthropic" },
    [user(), calling("c1"), result("c1", "", { content: [image] })],
    [],
  ],
  [
    "a call without its thought",
    { profile: "google", model: { provider: "google", model: "gemini-3-pro" } },
    [user(), calling("c1"), result("c1")],
    ["P7 E"],
  ],
  [
    "a call without a thought that is not asked for",
    { profile: "google", model: { provider: "google", model: "gemini-2.5-pro" } },
    [user(), calling("c1"), result("c1")],
    [],
  ],
  ["blank text that is refused", { profile: "anthropic" }, [user(" ")], ["S2 E"]],
  ["blank text that is passed over", { profile: "openai-chat" }, [user(" ")], ["S2 W"]],
  [
    "an image beyond the limit",
    { profile: "bedrock" },
    [user("", { content: [{ ...image, data: "A".repeat(6_000_000) }] })],
    ["S8 E"],
  ],
  ["an open call", { profile: "openai-chat" }, [user(), calling("c1")], ["C5 E"]],
])("as a request to the provider, %s is judged", (_, options, messages, codes) => {
  expect(requestCodes(messages, options)).toEqual(codes);
});

test.each<[string, ValidateOptions, readonly Loose[], readonly string[]]>([
  ["an answer at the end", { profile: "bedrock" }, [user(), assistant()], ["C10 W"]],
  ["calls that are being run", { profile: "anthropic" }, [user(), calling("c1")], ["C5 W", "C10 W"]],
  ["two users in a row", { profile: "google" }, [user(), user()], ["C11 E"]],
  ["an id of another provider", { profile: "mistral" }, [user(), calling("c1"), result("c1")], ["P1 E"]],
])("as a stored branch for the provider, %s is judged", async (_, options, messages, codes) => {
  expect(await codesOf(chat(...messages), options)).toEqual(codes);
});

test("a name that is no profile is refused", async () => {
  const options = { profile: "acme" } as unknown as ValidateOptions;

  await expect(validate([], options)).rejects.toThrow(RangeError);
  expect(() => validateMessages([], options)).toThrow('unknown provider profile "acme"');
});

test("a finding names the line, the byte, the entry and the cure", async () => {
  const content = linesOf(chat(user(), assistant(), result("gone")));
  const file = sessionFile(content);

  const { findings } = await validate(file);

  const offset = content.lastIndexOf('{"type":"message"');
  expect(findings).toEqual([
    {
      code: "C3",
      severity: "E",
      line: 4,
      offset,
      entryId: "e3",
      message: "no call before it has the id gone",
      fix: "context() leaves the result out",
    },
  ]);
  expect(readFileSync(file, "utf8")).toBe(content);
});

test("findings beyond the limit are counted", async () => {
  const report = await validate(sessionFile(`${linesOf([])}${"oops\n".repeat(50)}`), { maxFindings: 10 });

  expect(report).toMatchObject({ ok: false, omitted: 40 });
  expect(report.findings).toHaveLength(10);
});

test("a file that is not there, and a folder, are errors with a code", async () => {
  const file = sessionFile("");
  await expect(validate(`${file}.gone`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(validate(file.slice(0, file.lastIndexOf("/")))).rejects.toMatchObject({
    code: "NOT_A_SESSION",
  });
});

test("a signal ends the reading", async () => {
  const file = sessionFile(linesOf(chat(user())));
  writeFileSync(file, `${JSON.stringify(chat(user())[0])}\n`.repeat(20_000));

  await expect(validate(file, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});
