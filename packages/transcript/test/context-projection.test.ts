import { expect, test } from "vitest";
import { projectContext } from "../src/index.ts";
import type { ProjectionOptions, SessionEntry } from "../src/index.ts";
import { assistant, call, calling, chain, chat, result, START, user } from "./session-lines.ts";
import type { Loose } from "./session-lines.ts";

// Hand-made branches hold what no type allows.
const project = (entries: readonly Loose[], options?: ProjectionOptions) =>
  projectContext(entries as unknown as readonly SessionEntry[], options);

/** The messages in short: role, first text or call ids, and what a result answers. */
function short(entries: readonly Loose[], options: ProjectionOptions = { profile: "anthropic" }): string[] {
  return project(entries, options).messages.map((message) => {
    const blocks =
      typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    const said = blocks
      .map((block) =>
        "text" in block
          ? block.text
          : block.type === "toolCall"
            ? `[${"id" in block ? block.id : ""}]`
            : `<${block.type}>`,
      )
      .join("+");
    return message.role === "toolResult"
      ? `result ${message.toolCallId}: ${said}`
      : `${message.role}: ${said}`;
  });
}

function codes(entries: readonly Loose[], options: ProjectionOptions = { profile: "anthropic" }): string[] {
  return project(entries, options).changes.map(({ code, action }) => `${code} ${action}`);
}

const signed = { type: "thinking", thinking: "hm", thinkingSignature: "sig" };
const text = (value: string) => ({ type: "text", text: value });
const bash = {
  role: "bashExecution",
  command: "ls",
  output: "a\nb",
  exitCode: 2,
  cancelled: false,
  truncated: false,
  timestamp: START,
};

test("a healthy branch is passed on by reference, without a change", () => {
  const messages = [user(), calling("c1", "c2"), result("c1"), result("c2"), assistant("done"), user("more")];

  const context = project(chat(...messages), { profile: "anthropic" });

  expect(context.changes).toEqual([]);
  expect(context.messages.every((message, at) => Object.is(message, messages[at]))).toBe(true);
  expect(context).toMatchObject({ thinkingLevel: "off", model: { provider: "anthropic", model: "m1" } });
});

test.each<[string, readonly Loose[], readonly string[], readonly string[]]>([
  [
    "an assistant in front gets a user turn",
    [assistant("hi"), user("x")],
    ["user: (the assistant opened the conversation)", "assistant: hi", "user: x"],
    ["C1 added"],
  ],
  [
    "a mirror between call and result goes behind the result",
    [user("x"), calling("c1"), assistant("mirror"), result("c1"), user("y")],
    ["user: x", "assistant: [c1]", "result c1: ok", "assistant: mirror", "user: y"],
    ["C2 moved"],
  ],
  [
    "a command between call and result goes behind it",
    [user("x"), calling("c1"), bash, result("c1")],
    [
      "user: x",
      "assistant: [c1]",
      "result c1: ok",
      "user: The user ran: ls\n\na\nb\n\nThe command exited with code 2.",
    ],
    ["C2 moved"],
  ],
  [
    "results are put in the order of the calls",
    [user("x"), calling("c1", "c2"), result("c2", "two"), result("c1", "one")],
    ["user: x", "assistant: [c1]+[c2]", "result c1: one", "result c2: two"],
    ["C2 moved", "C2 moved"],
  ],
  [
    "a late result finds its call",
    [user("x"), calling("c1"), user("y"), assistant("z"), result("c1"), user("w")],
    ["user: x", "assistant: [c1]", "result c1: ok", "user: y", "assistant: z", "user: w"],
    ["C2 moved"],
  ],
  [
    "a result that came before its call finds it",
    [user("x"), result("c1"), calling("c1"), user("y")],
    ["user: x", "assistant: [c1]", "result c1: ok", "user: y"],
    ["C2 moved"],
  ],
  [
    "a result that two calls could own is left out",
    [user("x"), calling("c1"), user("y"), calling("c1"), user("z"), assistant("w"), result("c1"), user("v")],
    [
      "user: x",
      "assistant: [c1]",
      "result c1: tool call interrupted; no result recorded",
      "user: y",
      "assistant: [toolu_cabf4dd4bc3f760a2123ea1c]",
      "result toolu_cabf4dd4bc3f760a2123ea1c: tool call interrupted; no result recorded",
      "user: z",
      "assistant: w",
      "user: v",
    ],
    ["C5 added", "P1 changed", "C5 added", "C3 dropped"],
  ],
  [
    "a result without a call is left out",
    [user("x"), result("gone"), assistant("y"), user("z")],
    ["user: x", "assistant: y", "user: z"],
    ["C3 dropped"],
  ],
  [
    "of two results the first stays",
    [user("x"), calling("c1"), result("c1", "first"), result("c1", "second")],
    ["user: x", "assistant: [c1]", "result c1: first"],
    ["C4 dropped"],
  ],
  [
    "a real result takes the place of a made one",
    [
      user("x"),
      calling("c1"),
      result("c1", "No result provided", { isError: true }),
      user("y"),
      result("c1", "real"),
      user("z"),
    ],
    ["user: x", "assistant: [c1]", "result c1: real", "user: y+z"],
    ["C4 dropped", "C2 moved", "C11 merged"].toSorted(),
  ],
  [
    "a call without a result gets one that says so",
    [user("x"), calling("c1"), user("y")],
    ["user: x", "assistant: [c1]", "result c1: tool call interrupted; no result recorded", "user: y"],
    ["C5 added"],
  ],
  [
    "a failed turn goes with its results",
    [user("x"), { ...calling("c1"), stopReason: "error" }, result("c1"), user("y")],
    ["user: x+y"],
    ["C6 dropped", "C6 dropped", "C11 merged"].toSorted(),
  ],
  [
    "a call that was cut off goes with its result",
    [
      user("x"),
      { ...assistant("so"), content: [text("so"), call("c1")], stopReason: "length" },
      result("c1"),
      user("y"),
    ],
    ["user: x", "assistant: so", "user: y"],
    ["C7 dropped", "C6 dropped"].toSorted(),
  ],
  [
    "an id that comes again is told apart",
    [user("x"), calling("c1"), result("c1", "1"), calling("c1"), result("c1", "2")],
    [
      "user: x",
      "assistant: [c1]",
      "result c1: 1",
      "assistant: [toolu_cabf4dd4bc3f760a2123ea1c]",
      "result toolu_cabf4dd4bc3f760a2123ea1c: 2",
    ],
    ["P1 changed"],
  ],
  [
    "two calls of one id in a turn are told apart",
    [user("x"), calling("c1", "c1"), result("c1", "1"), result("c1", "2")],
    [
      "user: x",
      "assistant: [c1]+[toolu_cabf4dd4bc3f760a2123ea1c]",
      "result c1: 1",
      "result toolu_cabf4dd4bc3f760a2123ea1c: 2",
    ],
    ["P1 changed"],
  ],
  [
    "an assistant at the end gets a user turn",
    [user("x"), assistant("y")],
    ["user: x", "assistant: y", "user: (continue)"],
    ["C10 added"],
  ],
  [
    "assistant turns in a row are one",
    [user("x"), assistant("y"), assistant("mirror", { provider: "openclaw" }), user("z")],
    ["user: x", "assistant: y+mirror", "user: z"],
    ["C11 merged"],
  ],
  [
    "blank text is left out",
    [user(" "), assistant("", { content: [text(" "), text("y")] }), user("z")],
    ["user: (empty message)", "assistant: y", "user: z"],
    ["S2 dropped", "S2 dropped"],
  ],
  [
    "an assistant without content is left out",
    [user("x"), assistant("", { content: [] }), user("y")],
    ["user: x+y"],
    ["S2 dropped", "C11 merged"].toSorted(),
  ],
  [
    "a result without output says so",
    [user("x"), calling("c1"), result("c1", "", { content: null })],
    ["user: x", "assistant: [c1]", "result c1: (no output)"],
    ["S1 changed", "S2 changed"],
  ],
  ["a lone surrogate is replaced", [user("\ud83d!")], ["user: \ufffd!"], ["S7 changed"]],
  [
    "an image that cannot be sent leaves a note",
    [user("", { content: [text("x"), { type: "image", data: "?", mimeType: "image/png" }] })],
    ["user: x+(an image that cannot be sent was left out)"],
    ["S8 changed"],
  ],
  ["a message that is none is left out", [user("x"), { role: "robot" }], ["user: x"], ["S1 dropped"]],
  [
    "a call without id, with arguments as text, is mended",
    [
      user("x"),
      assistant("", {
        content: [{ type: "toolCall", name: "read file", arguments: '{"a":1}' }],
        stopReason: "toolUse",
      }),
    ],
    ["user: x", "assistant: [e2-0]", "result e2-0: tool call interrupted; no result recorded"],
    ["S3 changed", "C5 added"],
  ],
  [
    "a call without a name is left out",
    [user("x"), assistant("", { content: [text("so"), { type: "toolCall", id: "c1" }] }), user("y")],
    ["user: x", "assistant: so", "user: y"],
    ["S3 dropped"],
  ],
  [
    "a result that names no call is left out",
    [user("x"), result("", "y"), user("z")],
    ["user: x+z"],
    ["S5 dropped", "C11 merged"].toSorted(),
  ],
  [
    "a result without its tool's name gets it",
    [user("x"), calling("c1"), result("c1", "y", { toolName: undefined })],
    ["user: x", "assistant: [c1]", "result c1: y"],
    ["S5 changed"],
  ],
])("%s", (_, messages, expected, changes) => {
  expect(short(chat(...messages))).toEqual(expected);
  expect(codes(chat(...messages)).toSorted()).toEqual(changes.toSorted());
});

test("a made result has the time of its call, so the same branch gives the same bytes", () => {
  const entries = chat(user(), { ...calling("c1"), timestamp: 7 }, user());

  const once = project(entries, { profile: "anthropic" });

  expect(once.messages[2]).toMatchObject({
    role: "toolResult",
    isError: true,
    toolName: "read",
    timestamp: 7,
  });
  expect(JSON.stringify(project(entries, { profile: "anthropic" }))).toBe(JSON.stringify(once));
});

test("what a longer branch adds leaves the messages before it as they were", () => {
  const messages = [
    user("x"),
    calling("a|b"),
    result("a|b"),
    calling("a|b"),
    result("a|b"),
    user("y"),
    calling("c"),
    user("z"),
  ];

  const contexts = messages.map(
    (_, at) => project(chat(...messages.slice(0, at + 1)), { profile: "mistral" }).messages,
  );

  const settled = contexts.map((context) => JSON.stringify(context.slice(0, 5)));
  expect(new Set(settled.slice(5)).size).toBe(1);
});

test("the newest compaction stands for what came before the entry it keeps", () => {
  const entries = [
    ...chat(user("one"), assistant("two"), user("three"), assistant("four")),
    ...chain(
      {},
      {},
      {},
      {},
      { type: "compaction", summary: "old", firstKeptEntryId: "e1" },
      { type: "compaction", summary: "new", firstKeptEntryId: "e3" },
      { type: "message", message: user("five") },
    ).slice(4),
  ];

  expect(short(entries)).toEqual([
    "user: Summary of the conversation so far:\n\nnew+three",
    "assistant: four",
    "user: five",
  ]);
});

test.each([
  ["an entry that is not there", "gone"],
  ["nothing", null],
  ["itself", "e3"],
])("a compaction that keeps %s keeps nothing before it", (_, firstKeptEntryId) => {
  const entries = [
    ...chat(user("one"), assistant("two")),
    ...chain(
      {},
      {},
      { type: "compaction", summary: "s", firstKeptEntryId },
      { type: "message", message: user("three") },
    ).slice(2),
  ];

  expect(short(entries)).toEqual(["user: Summary of the conversation so far:\n\ns+three"]);
});

test("a compaction never parts a call from its result", () => {
  const entries = [
    ...chat(user("one"), calling("c1"), result("c1")),
    ...chain({}, {}, {}, { type: "compaction", summary: "s", firstKeptEntryId: "e3" }).slice(3),
  ];

  expect(short(entries)).toEqual([
    "user: Summary of the conversation so far:\n\ns",
    "assistant: [c1]",
    "result c1: ok",
  ]);
  expect(codes(entries)).toEqual(["C9 moved"]);
});

test("edits, branch summaries and messages of extensions are shown as pi shows them", () => {
  const entries = chain(
    { type: "message", message: user("one") },
    { type: "message", message: calling("c1") },
    { type: "message", message: result("c1", "long") },
    { type: "message", message: assistant("two") },
    { type: "branch_summary", summary: "left", fromId: "e1" },
    { type: "branch_summary", summary: "", fromId: "e1" },
    { type: "custom_message", customType: "x", content: "note", display: true },
    { type: "custom", customType: "x", data: 1 },
    { type: "context_edit", targetId: "e3", replacement: { content: [text("first")] } },
    { type: "context_edit", targetId: "e3", replacement: { content: [text("short")] } },
    { type: "context_edit", targetId: "e4", replacement: null },
    { type: "message", message: { ...bash, excludeFromContext: true } },
  );

  expect(short(entries)).toEqual([
    "user: one",
    "assistant: [c1]",
    "result c1: short",
    "user: Summary of a branch that was left:\n\nleft+note",
  ]);
});

test("when an edit takes a call away its result goes too", () => {
  const entries = [
    ...chat(user("one"), calling("c1"), result("c1"), user("two")),
    ...chain({}, {}, {}, {}, { type: "context_edit", targetId: "e2", replacement: null }).slice(4),
  ];

  expect(short(entries)).toEqual(["user: one+two"]);
  expect(codes(entries)).toEqual(["C3 dropped", "C11 merged"]);
});

test("system messages are folded into one prompt and are no messages", () => {
  const system = (fields: Loose) => ({
    type: "message",
    message: { role: "system", timestamp: 1, ...fields },
  });
  const entries = chain(
    system({
      content: "base",
      sections: { a: "A", b: "B" },
      toolsAdded: [{ name: "read" }, { name: "write" }],
    }),
    { type: "message", message: user("one") },
    system({ content: "more", sections: { a: null, b: "B2" }, toolsRemoved: [{ name: "write" }] }),
  );

  const context = project(entries, { profile: "anthropic" });

  expect(context.system).toEqual({
    content: "base\n\nmore",
    sections: { b: "B2" },
    tools: { read: { name: "read" } },
  });
  expect(context.messages).toHaveLength(1);
});

test("the checkpoint of a compaction replaces the system messages before it", () => {
  const system = (content: string) => ({
    type: "message",
    message: { role: "system", content, timestamp: 1 },
  });
  const entries = chain(
    system("old"),
    { type: "message", message: user("one") },
    system("kept, but in the checkpoint"),
    {
      type: "compaction",
      summary: "s",
      firstKeptEntryId: "e2",
      systemMessage: { role: "system", content: "checkpoint" },
    },
    system("later"),
  );

  expect(project(entries).system).toMatchObject({ content: "checkpoint\n\nlater" });
});

test("signatures go back to the model that gave them and to no other", () => {
  const entries = chat(
    user("x"),
    assistant("", {
      content: [signed, { ...text("y"), textSignature: "t" }, call("c1", { thoughtSignature: "th" })],
      stopReason: "toolUse",
    }),
    result("c1"),
  );
  const own = project(entries, { profile: "anthropic" });
  const other = project(entries, { profile: "anthropic", model: { provider: "anthropic", model: "m2" } });

  expect(own.changes).toEqual([]);
  expect(other.changes.map(({ code }) => code)).toEqual(["C12", "C12", "C12"]);
  expect(JSON.stringify(other.messages)).not.toMatch(/Signature|thinking/);
});

test("a change of the model leaves out what the old one signed", () => {
  const entries = chain(
    { type: "message", message: user("x") },
    { type: "message", message: assistant("", { content: [signed, text("y")] }) },
    { type: "model_change", provider: "anthropic", modelId: "m2" },
    { type: "thinking_level_change", thinkingLevel: "high" },
    { type: "message", message: user("z") },
  );

  expect(short(entries)).toEqual(["user: x", "assistant: y", "user: z"]);
  expect(project(entries)).toMatchObject({
    thinkingLevel: "high",
    model: { provider: "anthropic", model: "m2" },
  });
});

test("assistant turns that are signed are not merged", () => {
  const turn = assistant("", { content: [signed, text("y")] });
  const entries = chat(user("x"), turn, turn, user("z"));

  expect(short(entries)).toEqual([
    "user: x",
    "assistant: <thinking>+y",
    "assistant: <thinking>+y",
    "user: z",
  ]);
  expect(short(entries, { profile: "bedrock" })).toEqual([
    "user: x",
    "assistant: <thinking>+y",
    "user: (continue)",
    "assistant: <thinking>+y",
    "user: z",
  ]);
});

test("the text of a stopped turn is kept only when it is asked for", () => {
  const entries = chat(user("x"), assistant("par", { stopReason: "aborted" }), user("y"));

  expect(short(entries)).toEqual(["user: x+y"]);
  expect(short(entries, { profile: "anthropic", partialText: true })).toEqual([
    "user: x",
    "assistant: par",
    "user: y",
  ]);
});

test("the last assistant turn can be stripped or kept", () => {
  const entries = chat(user("x"), assistant("y"));

  expect(short(entries, { profile: "anthropic", trailingAssistant: "strip" })).toEqual(["user: x"]);
  expect(short(entries, { profile: "anthropic", trailingAssistant: "keep" })).toEqual([
    "user: x",
    "assistant: y",
  ]);
  expect(short(entries, { profile: "openai-chat" })).toEqual(["user: x", "assistant: y"]);
});

test("each profile gets what its provider takes", () => {
  const entries = chat(user("x"), calling("call_1|fc_2"), result("call_1|fc_2"), user("y"));
  const own = { provider: "anthropic", model: "m1" };
  const other = { provider: "openai", model: "o1" };

  expect(short(entries, { profile: "openai-responses", model: own })[1]).toBe("assistant: [call_1|fc_2]");
  expect(short(entries, { profile: "openai-responses", model: other })[1]).toBe("assistant: [call_1]");
  expect(short(entries, { profile: "openai-chat", model: other })[1]).toBe("assistant: [call_1]");
  expect(short(entries, { profile: "google", model: other })[1]).toBe("assistant: [call_1]");
  expect(short(entries, { profile: "mistral" })).toEqual([
    "user: x",
    "assistant: [6a1df2219]",
    "result 6a1df2219: ok",
    "assistant: (the turn ended here)",
    "user: y",
  ]);
});

test("a failed result keeps no image where the provider refuses it", () => {
  const image = { type: "image", data: "aGVsbG8=", mimeType: "image/png" };
  const entries = chat(
    user("x"),
    calling("c1"),
    result("c1", "", { isError: true, content: [text("no"), image] }),
  );

  expect(short(entries, { profile: "anthropic" })[2]).toBe(
    "result c1: no+(an image that cannot be sent was left out)",
  );
  expect(short(entries, { profile: "openai-chat" })[2]).toBe("result c1: no+<image>");
});

test("reasoning that leads to nothing is left out where the provider asks what it led to", () => {
  const entries = chat(user("x"), assistant("", { content: [text("y"), signed] }), user("z"));

  expect(short(entries, { profile: "openai-responses" })).toEqual(["user: x", "assistant: y", "user: z"]);
  expect(short(entries, { profile: "anthropic" })).toEqual(["user: x", "assistant: y+<thinking>", "user: z"]);
});

test("calls of the current turn that have no thought are marked for the models that ask for it", () => {
  const entries = chat(user("x"), calling("c1"), result("c1"), user("y"), calling("c2"), result("c2"));
  const gemini = { provider: "google", model: "gemini-3-pro" };

  const { messages, changes } = project(entries, { profile: "google", model: gemini });

  expect(changes.map(({ code }) => code)).toEqual(["P7"]);
  expect(messages[1]).toMatchObject({ content: [{ id: "c1" }] });
  expect(messages[4]).toMatchObject({
    content: [{ id: "c2", thoughtSignature: "skip_thought_signature_validator" }],
  });
});

test.each([
  ["anthropic", 5 * 2 ** 20],
  ["bedrock", 3.75 * 2 ** 20],
] as const)("%s is sent an image of as many bytes as it takes, and none of one more", (profile, limit) => {
  const ofBytes = (bytes: number) => {
    const data = Buffer.alloc(bytes, 7).toString("base64");
    return chat(user("", { content: [{ type: "image", data, mimeType: "image/png" }] }));
  };

  expect(short(ofBytes(limit), { profile })).toEqual(["user: <image>"]);
  expect(short(ofBytes(limit + 1), { profile })).toEqual([
    "user: (an image that cannot be sent was left out)",
  ]);
});
