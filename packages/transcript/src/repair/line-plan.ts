import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { withoutMark } from "../file/byte-order-mark.ts";
import { movesLeaf } from "../file/navigation.ts";
import { objectIn } from "../validate/json-object.ts";
import type { ByteSource } from "../file/lines.ts";
import { scanLines } from "../validate/scan.ts";
import type { RawLine } from "../validate/scan.ts";
import { turnOf } from "../validate/turn.ts";
import type { Draft, Plan } from "./plan.ts";
import { lostEntry, salvageEntries } from "./salvage.ts";

const BLANK = "blank";

/** The first stage: every line becomes a draft, or goes to the .rej file and leaves the entries that can be read in it. */
export async function planLines(
  source: ByteSource,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const plan: Plan = { steps: [], drafts: [], listed: [], rejects: [], lost: new Map(), format: undefined };
  await scanLines(source, size, (line) => planLine(line, plan), signal);
  return plan;
}

/** A line of white space. It stays, as everything that does no harm. */
export function isBlankDraft({ type }: Draft): boolean {
  return type === BLANK;
}

function planLine(line: RawLine, plan: Plan): void {
  if (line.text === undefined) {
    reject(line, plan, "a line too long to be read");
    return;
  }
  const text = line.offset === 0 ? withoutMark(line.text) : line.text;
  if (text !== line.text) {
    plan.steps.push({
      code: "F1",
      action: "re-encode",
      line: 1,
      message: "the byte order mark is taken away",
    });
  }
  const whole = objectIn(text);
  // White space that JSON does not know hides the object from every reader.
  const bare = whole ? text : text.trim();
  const fields = whole ?? objectIn(bare);
  plan.format ??= formatOf(fields);
  let draft: Draft | undefined;
  if (fields && typeof fields["type"] === "string")
    draft = planObject(fields, bare, whole !== undefined, line, plan);
  else if (bare === "") plan.drafts.push({ ...draftOf({ type: BLANK }, line), turn: undefined });
  else planBroken(text, line, plan);
  // The first line is the header's, whatever became of it.
  if (whole || (plan.listed.length === 0 && bare !== "")) plan.listed.push(draft);
}

function formatOf(fields: Fields | undefined): Plan["format"] {
  if (fields?.["kind"] === "header") return "other"; // the store that pi-agent-core had before 1.0
  if (fields?.["type"] !== "session") return undefined;
  const { id, version = 1 } = fields;
  if (version !== 1 && version !== 2 && version !== 3 && version !== 4) return "other";
  // One without an id is no header, so it does not say what the entries are: another takes its place.
  return typeof id === "string" && id !== "" ? version : undefined;
}

function planObject(fields: Fields, text: string, isJson: boolean, line: RawLine, plan: Plan): Draft {
  const from = text === line.text && line.isUtf8 ? line : { text };
  const draft = { ...draftOf(fields, line), from };
  plan.drafts.push(draft);
  if (!line.isUtf8 || !isJson) {
    plan.rejects.push(line);
    const message = isJson
      ? "the line is written as UTF-8"
      : "white space that is none in JSON is taken away";
    plan.steps.push({ code: "F2", action: "re-encode", line: line.number, message });
  }
  if (!line.isTerminated) {
    plan.steps.push({ code: "F3", action: "end-line", line: line.number, message: "the last line is ended" });
  }
  return draft;
}

function planBroken(text: string, line: RawLine, plan: Plan): void {
  reject(line, plan, line.isTerminated ? "a line that is no entry" : "a last line that is cut off");
  const lost = lostEntry(text);
  if (lost) plan.lost.set(lost.id, lost.parentId);
  for (const entry of salvageEntries(text)) {
    plan.format ??= formatOf(entry.fields);
    plan.drafts.push({ ...draftOf(entry.fields, line), from: { text: entry.text }, isSalvaged: true });
    plan.steps.push({
      code: "F2",
      action: "salvage",
      line: line.number,
      entryId: String(entry.fields["id"]),
      message: "an entry that is whole in a broken line gets a line of its own",
    });
  }
}

function reject(line: RawLine, plan: Plan, what: string): void {
  plan.rejects.push({ offset: line.offset, length: line.length });
  const code = line.isTerminated ? "F2" : "F3";
  plan.steps.push({ code, action: "reject", line: line.number, message: `${what} goes to the .rej file` });
}

function draftOf(fields: Fields, line: RawLine): Draft {
  const { id, type, parentId, timestamp, message } = fields;
  const { firstKeptEntryId, firstKeptEntryIndex, appendMode, targetId, appendParentId } = fields;
  return {
    line: line.number,
    from: { offset: line.offset, length: line.length },
    isSalvaged: false,
    type: typeof type === "string" ? type : "",
    id: typeof id === "string" && id !== "" ? id : undefined,
    parentId,
    timestamp: typeof timestamp === "string" ? timestamp : undefined,
    firstKeptEntryId,
    firstKeptEntryIndex,
    turn: type === "message" && isFields(message) ? turnOf(message) : undefined,
    moving: movesLeaf(fields) ? { appendMode, targetId, appendParentId } : undefined,
    edits: new Map(),
  };
}
