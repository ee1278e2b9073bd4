import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { decodeEntry } from "../file/decode.ts";
import { TranscriptError } from "../errors.ts";
import { CURRENT_SESSION_VERSION, parseHeader, versionOf } from "../file/header.ts";
import type { ByteSource } from "../file/lines.ts";
import { objectIn } from "../validate/json-object.ts";
import { scanLines } from "../validate/scan.ts";
import type { RawLine } from "../validate/scan.ts";
import { memberText, withMember } from "./json-members.ts";
import type { Draft, Plan } from "./plan.ts";

/** A migration before it is written. */
export interface MigrationPlan extends Plan {
  /** The version that the file has. */
  from: number;
}

/**
 * Every line as version 3 has it. A line that needs no change keeps its bytes, and so do all members of a line that are not
 * concerned; lines that hold no entry stay as they are.
 *
 * Entries of version 1 get the ids and parents under which they were read before, so whoever kept an id finds it again.
 */
export async function planMigration(
  file: string,
  source: ByteSource,
  size: number,
  signal: AbortSignal | undefined,
): Promise<MigrationPlan> {
  const plan: MigrationPlan = {
    steps: [],
    drafts: [],
    listed: [],
    rejects: [],
    lost: new Map(),
    format: undefined,
    from: 0,
  };
  const stage = new MigrationStage(plan, file);
  await scanLines(source, size, (line) => stage.line(line), signal);
  if (plan.from > 0) return plan;
  throw new TranscriptError("NOT_A_SESSION", `${file} has no session header`, { sessionFile: file });
}

const NO_EDITS: ReadonlyMap<string, string> = new Map();

class MigrationStage {
  readonly #plan: MigrationPlan;
  readonly #file: string;
  #objects = 0;

  constructor(plan: MigrationPlan, file: string) {
    this.#plan = plan;
    this.#file = file;
  }

  line(line: RawLine): void {
    const { text = "" } = line;
    const fields = objectIn(text);
    if (this.#plan.from === 0 && text.trim() !== "") {
      this.#header(text, line);
      return;
    }
    if (fields === undefined && !line.isTerminated) {
      // Never acknowledged; a writer would cut it off too.
      this.#plan.rejects.push({ offset: line.offset, length: line.length });
      return;
    }
    if (fields) this.#objects += 1;
    const edits =
      fields && this.#plan.from < CURRENT_SESSION_VERSION ? this.#editsOf(fields, text) : NO_EDITS;
    if (edits.size > 0 && !line.isUtf8) this.#plan.rejects.push({ offset: line.offset, length: line.length });
    this.#keep(line, edits);
  }

  /** Throws `NOT_A_SESSION` or `UNSUPPORTED_VERSION`. */
  #header(text: string, line: RawLine): void {
    const header = parseHeader(text, this.#file);
    const from = versionOf(header);
    this.#plan.from = from;
    const version = String(CURRENT_SESSION_VERSION);
    const edits = new Map(
      header.version === undefined ? [["type", `"session","version":${version}`]] : [["version", version]],
    );
    this.#keep(line, from < CURRENT_SESSION_VERSION ? edits : NO_EDITS);
    if (from < CURRENT_SESSION_VERSION) {
      const message = `the session of version ${from} becomes one of version ${version}`;
      this.#plan.steps.push({ code: "F4", action: "migrate", line: line.number, message });
    }
  }

  #editsOf(fields: Fields, text: string): Map<string, string> {
    const edits = new Map<string, string>();
    const { from } = this.#plan;
    const entry = decodeEntry(fields, from, this.#objects);
    if (entry === undefined) return edits;
    if (from < 2) {
      // Behind the type, where pi and we write them, unless the line has members of these names already.
      const place = { id: entry.id, parentId: entry.parentId };
      const added = Object.entries(place).filter(([name]) => !(name in fields));
      const members = added.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
      edits.set("type", JSON.stringify(fields["type"]) + members.join(""));
      for (const [name, value] of Object.entries(place))
        if (name in fields) edits.set(name, JSON.stringify(value));
      if (entry.type === "compaction" && typeof fields["firstKeptEntryIndex"] === "number")
        edits.set("firstKeptEntryId", JSON.stringify(entry.firstKeptEntryId));
    }
    const { message } = fields;
    if (isFields(message) && message["role"] === "hookMessage")
      edits.set("message", withMember(memberText(text, "message") ?? "{}", "role", '"custom"'));
    return edits;
  }

  #keep(line: RawLine, edits: ReadonlyMap<string, string>): void {
    const draft: Draft = {
      line: line.number,
      from: { offset: line.offset, length: line.length },
      isSalvaged: false,
      type: "",
      id: undefined,
      parentId: undefined,
      timestamp: undefined,
      firstKeptEntryId: undefined,
      firstKeptEntryIndex: undefined,
      turn: undefined,
      moving: undefined,
      edits: new Map(edits),
    };
    this.#plan.drafts.push(draft);
  }
}
