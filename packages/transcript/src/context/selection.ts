import type { BranchState } from "./branch-state.ts";
import type { ChangeLog } from "./change-log.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { branchText, compactionText } from "./fixed-text.ts";

/** What a branch has for the model, as it is stored. Summaries are user messages already. */
export interface Selection {
  /** The messages. */
  readonly messages: readonly unknown[];
  /** The entry that each message stands in. */
  readonly entries: readonly Fields[];
  /** The system messages, those of the newest compaction's checkpoint on. */
  readonly system: readonly Fields[];
}

/**
 * Picks by pi's rules what the model is shown of a branch that runs from the root to the leaf.
 *
 * The newest compaction stands for everything before the entry it keeps, and for all of it when it names no entry of
 * the branch. A reset does too, and says nothing in its place.
 */
export function selectMessages(branch: readonly Fields[], state: BranchState, log: ChangeLog): Selection {
  const messages: unknown[] = [];
  const entries: Fields[] = [];
  const system: Fields[] = [];
  let from = 0;
  let systemFrom = 0;
  const compaction = branch[state.compactionAt];
  if (compaction) {
    if (compaction["type"] === "compaction") {
      messages.push(userMessage(compactionText(summaryOf(compaction))));
      entries.push(compaction);
    }
    from = keptFrom(branch, state.compactionAt, log);
    if (isFields(compaction["systemMessage"])) {
      system.push(compaction["systemMessage"]);
      systemFrom = state.compactionAt;
    }
  }
  for (let position = Math.min(from, systemFrom); position < branch.length; position += 1) {
    const entry = branch[position];
    const isSaid = position > state.compactionAt || isSaidBefore(entry, compaction);
    const message = entry && isSaid ? messageOf(entry) : undefined;
    if (entry === undefined || message === undefined) continue;
    if (isFields(message) && message["role"] === "system") {
      if (position >= systemFrom) system.push(message);
    } else if (position >= from) {
      const edited = state.edits?.has(entry["id"])
        ? editedBy(state.edits.get(entry["id"]), message)
        : message;
      if (edited === undefined) continue;
      messages.push(edited);
      entries.push(entry);
    }
  }
  return { messages, entries, system };
}

/** Where the kept part begins: at the entry that the compaction names, or at the call whose result that would part. */
function keptFrom(branch: readonly Fields[], compactionAt: number, log: ChangeLog): number {
  const firstKept = branch[compactionAt]?.["firstKeptEntryId"];
  const named = branch.findIndex((entry) => entry["id"] === firstKept);
  if (named === -1 || named >= compactionAt) return compactionAt;
  const callAt = branch.findLastIndex((entry, position) => position < named && roleOf(entry) === "assistant");
  const ids = callIdsOf(branch[callAt]);
  if (ids.size === 0) return named;
  for (let position = named; position < compactionAt; position += 1) {
    const entry = branch[position];
    if (entry === undefined || roleOf(entry) === "assistant") return named;
    const message = entry["message"];
    if (!isFields(message) || message["role"] !== "toolResult" || !ids.has(message["toolCallId"])) continue;
    log.add("C9", "moved", idOf(entry), "the kept part begins at the call, not between it and its result");
    return callAt;
  }
  return named;
}

/** What a reset keeps is what was said: nothing that extensions or summaries put in. */
function isSaidBefore(entry: Fields | undefined, boundary: Fields | undefined): boolean {
  if (entry === undefined || boundary?.["type"] !== "reset") return true;
  const role = roleOf(entry);
  return role === "user" || role === "assistant" || role === "toolResult" || role === "system";
}

function messageOf(entry: Fields): unknown {
  switch (entry["type"]) {
    case "message":
      return entry["message"] ?? null;
    case "custom_message":
      return userMessage(entry["content"]);
    case "branch_summary": {
      const summary = summaryOf(entry);
      return summary === "" ? undefined : userMessage(branchText(summary));
    }
    default:
      return undefined;
  }
}

/** The message with another content, or nothing when the edit takes it away. */
function editedBy(replacement: unknown, message: unknown): unknown {
  if (!isFields(replacement)) return undefined;
  return isFields(message) ? { ...message, content: replacement["content"] } : message;
}

function userMessage(content: unknown): Fields {
  return { role: "user", content };
}

function summaryOf({ summary }: Fields): string {
  return typeof summary === "string" ? summary : "";
}

function roleOf({ type, message }: Fields): unknown {
  return type === "message" && isFields(message) ? message["role"] : undefined;
}

function callIdsOf(entry: Fields | undefined): ReadonlySet<unknown> {
  const message = entry?.["message"];
  if (!isFields(message) || !Array.isArray(message["content"])) return new Set();
  return new Set(
    message["content"]
      .map((block: unknown) => (isFields(block) && block["type"] === "toolCall" ? block["id"] : undefined))
      .filter((id) => id !== undefined),
  );
}

function idOf({ id }: Fields): string | undefined {
  return typeof id === "string" ? id : undefined;
}
