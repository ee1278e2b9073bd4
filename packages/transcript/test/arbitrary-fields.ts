import fc from "fast-check";
import { isoAt, user } from "./session-lines.ts";
import type { Loose } from "./session-lines.ts";

/** The fields of each known type of entry. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  thinking_level_change: ["thinkingLevel"],
  model_change: ["provider", "modelId"],
  compaction: ["summary", "firstKeptEntryId", "tokensBefore", "details", "usage", "systemMessage"],
  branch_summary: ["fromId", "summary", "details", "usage"],
  custom: ["customType", "data"],
  custom_message: ["customType", "content", "display", "details"],
  label: ["targetId", "label"],
  session_info: ["name"],
  usage: ["kind", "provider", "model", "usage", "note"],
  context_edit: ["targetId", "replacement"],
  reset: ["firstKeptEntryId"],
  leaf: ["targetId", "appendParentId"],
  from_the_future: ["x"],
};
const ROLES = [
  ...["user", "assistant", "toolResult", "system", "custom", "hookMessage"],
  ...["bashExecution", "branchSummary", "compactionSummary", "robot"],
];
const MESSAGE_FIELDS = [
  ...["content", "timestamp", "idempotencyKey", "api", "provider", "model", "usage", "stopReason"],
  ...["toolCallId", "toolName", "isError", "sections", "toolsAdded", "toolsRemoved"],
  ...["command", "output", "exitCode", "summary", "fromId", "customType"],
];
const BLOCK_FIELDS = ["text", "thinking", "id", "name", "arguments", "data", "mimeType", "thinkingSignature"];

/** JSON of any shape, often one that nearly is what a reader looks for. */
const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, 5, "", true, [], {}, [null], [[]], "e1", "side", "anthropic", "toolUse"),
  // What has no text form throws where somebody takes it for a text.
  fc.constantFrom<unknown>({ toString: 5, valueOf: null }, [{ toString: null, valueOf: null }]),
  fc.constantFrom<unknown>(
    { content: 5 },
    { content: [null] },
    { content: { a: 1 } },
    { toolsAdded: [null] },
  ),
  fc.constantFrom<unknown>({ messageId: "m", entry: { type: "message", message: 5 } }, { toolsRemoved: 5 }),
  fc.constantFrom<unknown>("session-lock.deferred", "session-lock.late-result", { role: "system" }),
);

const some = (names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), json, { maxKeys: names.length, noNullPrototype: true });

const block = fc
  .tuple(fc.constantFrom<unknown>("text", "thinking", "toolCall", "image", 5), some(BLOCK_FIELDS))
  .map(([type, fields]) => ({ type, ...fields }));
const content = fc.oneof(json, fc.array(fc.oneof(block, json), { maxLength: 3 }));
const message = fc.oneof(
  json,
  fc
    .tuple(fc.constantFrom<unknown>(...ROLES, 5), some(MESSAGE_FIELDS), content)
    .map(([role, fields, said]) => ({ role, content: said, ...fields })),
);
const entry: fc.Arbitrary<Loose> = fc.oneof(
  { weight: 2, arbitrary: message.map((said) => ({ type: "message", message: said })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.keys(FIELDS))
      .chain((type) => some([...(FIELDS[type] ?? []), "timestamp"]).map((fields) => ({ type, ...fields }))),
  },
);
const head = fc.tuple(fc.constantFrom(1, 2, 3, 3, 3, 4), some(["timestamp", "cwd", "parentSession"]));

/**
 * The lines of a session, the header first, in which every other entry is a good message and those between may hold
 * anything but have their place in the tree.
 */
export const malformedSessions: fc.Arbitrary<Loose[]> = fc
  .tuple(head, fc.array(entry, { minLength: 1, maxLength: 5 }))
  .map(([[version, fields], bad]) => [
    { type: "session", version, id: "s", timestamp: isoAt(0), cwd: "/w", ...fields },
    ...bad.flatMap((one, at) => [
      { type: "message", ...placeOf(2 * at), message: user(`good ${at}`) },
      { ...placeOf(2 * at + 1), ...one },
    ]),
  ])
  .map((lines) => JSON.parse(JSON.stringify(lines)) as Loose[]);

function placeOf(at: number): Loose {
  return { id: `e${at}`, parentId: at === 0 ? null : `e${at - 1}`, timestamp: isoAt(at + 1) };
}
