import fc from "fast-check";
import { assistant, call, isoAt, result, user } from "./session-lines.ts";
import type { Loose } from "./session-lines.ts";

const ids = fc.constantFrom("c1", "c2", "c3", "call_1|fc_1", "toolu_x", "abcDEF123", "", "ünï", "c1");
const texts = fc.oneof(fc.constantFrom("x", "", " ", "\ud800", "😀", "No result provided"), fc.string());
const signatures = fc.constantFrom(
  {},
  { thinkingSignature: "s" },
  { textSignature: "t" },
  { thoughtSignature: "th" },
);
const blocks = fc.oneof(
  texts.map((text) => ({ type: "text", text })),
  fc.tuple(texts, signatures).map(([thinking, signature]) => ({ type: "thinking", thinking, ...signature })),
  fc
    .tuple(ids, signatures, fc.jsonValue())
    .map(([id, signature, input]) => call(id, { ...signature, arguments: input })),
  fc.constantFrom<Loose>(
    { type: "image", data: "aGVsbG8=", mimeType: "image/png" },
    { type: "image", data: "?", mimeType: "image/png" },
    { type: "toolCall" },
    { type: "video" },
  ),
);
const contents = fc.oneof(
  { weight: 6, arbitrary: fc.array(blocks, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const models = fc.constantFrom<Loose>(
  {},
  { model: "m2" },
  { provider: "openclaw" },
  { usage: null },
  { api: 1 },
);
const stopReasons = fc.constantFrom("stop", "toolUse", "length", "error", "aborted", 7);

/** A message as some writer may have left it, mostly one that pairs with others. */
const messages: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: texts.map((text) => user(text)) },
  { weight: 1, arbitrary: contents.map((content) => user("", { content })) },
  {
    weight: 4,
    arbitrary: fc
      .array(ids, { minLength: 1, maxLength: 3 })
      .map((all) => assistant("", { content: all.map((id) => call(id)), stopReason: "toolUse" })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(contents, stopReasons, models)
      .map(([content, stopReason, model]) => assistant("", { content, stopReason, ...model })),
  },
  { weight: 6, arbitrary: fc.tuple(ids, texts).map(([id, text]) => result(id, text)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(ids, contents, fc.boolean())
      .map(([id, content, isError]) => result(id, "", { content, isError, toolName: undefined })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("custom", "branchSummary", "compactionSummary", "system", "bashExecution", "robot")
      .chain((role) =>
        fc
          .tuple(texts, contents)
          .map(([summary, content]) => ({ role, summary, content, command: summary, output: summary })),
      ),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);

const others = (length: number): fc.Arbitrary<Loose> => {
  const targets = fc.oneof(
    fc.nat({ max: length }).map((at) => `e${at}`),
    fc.constantFrom(null, "gone"),
  );
  return fc.oneof(
    targets.map((firstKeptEntryId) => ({
      type: "compaction",
      summary: "s",
      firstKeptEntryId,
      tokensBefore: 1,
    })),
    fc
      .tuple(targets, contents)
      .map(([targetId, content]) => ({ type: "context_edit", targetId, replacement: { content } })),
    targets.map((targetId) => ({ type: "context_edit", targetId, replacement: null })),
    texts.map((summary) => ({ type: "branch_summary", summary, fromId: "root" })),
    contents.map((content) => ({ type: "custom_message", customType: "x", content, display: true })),
    fc.constantFrom<Loose>(
      { type: "model_change", provider: "anthropic", modelId: "m2" },
      { type: "thinking_level_change", thinkingLevel: "high" },
      { type: "custom", customType: "x", data: {} },
      { type: "from_the_future", x: 1 },
    ),
  );
};

/** A branch from root to leaf, of anything. */
export const branches: fc.Arbitrary<Loose[]> = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: messages.map((message) => ({ type: "message", message })) },
      { weight: 1, arbitrary: others(12) },
    ),
    { maxLength: 24 },
  )
  .map((parts) =>
    parts.map((part, at) => ({
      ...part,
      id: `e${at + 1}`,
      parentId: at === 0 ? null : `e${at}`,
      timestamp: isoAt(at),
    })),
  )
  .map((entries) => JSON.parse(JSON.stringify(entries)) as Loose[]);

/** One thing that happens to a file. */
export type Damage = (bytes: Buffer) => Buffer;

const splice = (bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);

const place = fc.double({ min: 0, max: 1, noNaN: true });

/** Cuts, flips, holes, doubled and foreign lines, wherever they hit. */
export const damages: fc.Arbitrary<Damage> = fc.oneof(
  place.map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(0, Math.floor(at * bytes.length)),
  ),
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Damage => (bytes) => {
    const copy = Buffer.from(bytes);
    const index = Math.min(copy.length - 1, Math.floor(at * copy.length));
    if (index >= 0) copy[index] = (copy[index] ?? 0) ^ (1 << bit);
    return copy;
  }),
  fc.tuple(place, fc.nat(300)).map(
    ([at, length]): Damage =>
      (bytes) =>
        splice(bytes, Math.floor(at * bytes.length), length, Buffer.alloc(0)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 40 })).map(
    ([at, noise]): Damage =>
      (bytes) =>
        splice(bytes, Math.floor(at * bytes.length), 0, Buffer.from(noise)),
  ),
  fc.tuple(place, place).map(([from, to]): Damage => (bytes) => {
    const lines = bytes.toString("latin1").split("\n");
    const line = lines[Math.floor(from * (lines.length - 1))] ?? "";
    lines.splice(Math.floor(to * (lines.length - 1)), 0, line);
    return Buffer.from(lines.join("\n"), "latin1");
  }),
  place.map((at): Damage => (bytes) => {
    const lines = bytes.toString("latin1").split("\n");
    lines.splice(Math.floor(at * (lines.length - 1)), 1);
    return Buffer.from(lines.join("\n"), "latin1");
  }),
);
