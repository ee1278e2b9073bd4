import type {
  CompactionEntry,
  ContextEditEntry,
  ContextReplacement,
  ResetEntry,
  SessionEntry,
} from "../entry.ts";
import { isFields } from "../context/fields.ts";
import { millisecondsOf } from "../context/message-time.ts";
import { isReplacement } from "../context/replacement.ts";
import type { AgentMessage, ImageContent, TextContent, ThinkingContent, ToolCall } from "../message.ts";

/** The model that a branch is set to. */
export interface SessionModel {
  readonly provider: string;
  readonly modelId: string;
}

/** What a branch says to a model. */
export interface SessionContext {
  readonly messages: AgentMessage[];
  /** `"off"` where nothing set it. */
  readonly thinkingLevel: string;
  /** Null where nothing set it, as in pi. */
  readonly model: SessionModel | null;
}

/** An entry that is in the context, with the messages it stands for. */
export interface ProjectedEntry {
  readonly sourceEntry: SessionEntry;
  readonly messages: AgentMessage[];
}

/** A context that tells which entry each message comes from. */
export interface SessionProjection extends SessionContext {
  readonly entries: ProjectedEntry[];
}

/**
 * What the model is shown of a branch that runs from the root to the leaf, by pi's rules: the newest compaction stands for
 * everything before the entry it keeps, and edits change what they name. A reset of OpenClaw's is a compaction that says
 * nothing.
 */
export function projectBranch(branch: readonly SessionEntry[]): SessionProjection {
  const shown = shownEntries(branch);
  const edits = editsIn(shown);
  const entries = shown.map((sourceEntry, at) => ({
    sourceEntry,
    messages: messagesAt(sourceEntry, at, edits),
  }));
  const settings = new Settings();
  for (const entry of branch) settings.take(entry);
  return { entries, messages: entries.flatMap(({ messages }) => messages), ...settings.now };
}

/**
 * As `projectBranch`, without telling which entry a message comes from.
 *
 * Looking at an entry of a long branch costs more than anything done with it, so a branch that nothing cuts or edits is
 * looked at once.
 */
export function contextOf(branch: readonly SessionEntry[]): SessionContext {
  const messages: AgentMessage[] = [];
  const settings = new Settings();
  for (const entry of branch) {
    if (entry.type === "message") messages.push(entry.message);
    else if (isCut(entry)) {
      const { messages: cut, thinkingLevel, model } = projectBranch(branch);
      return { messages: cut, thinkingLevel, model };
    } else for (const message of sessionEntryToContextMessages(entry)) messages.push(message);
    settings.take(entry);
  }
  return { messages, ...settings.now };
}

/** The newest compaction or reset, the entries it keeps and those after it; the whole branch where there is none. */
export function shownEntries(branch: readonly SessionEntry[]): SessionEntry[] {
  const at = branch.findLastIndex(({ type }) => type === "compaction" || type === "reset");
  const boundary = branch[at];
  if (boundary?.type !== "compaction" && boundary?.type !== "reset") return [...branch];
  const first = branch.findIndex(({ id }) => id === boundary.firstKeptEntryId);
  const kept =
    first === -1 ? [] : branch.slice(first, Math.max(first, at)).filter((entry) => isKept(entry, boundary));
  return [boundary, ...kept, ...branch.slice(at + 1)];
}

/** The messages of one entry, without regard to edits. */
export function sessionEntryToContextMessages(entry: SessionEntry): AgentMessage[] {
  switch (entry.type) {
    case "message":
      return [entry.message];
    case "custom_message": {
      const { customType, content, display, details } = entry;
      const timestamp = millisecondsOf(entry.timestamp);
      return [{ role: "custom", customType, content, display, details, timestamp }];
    }
    case "branch_summary": {
      const { summary, fromId } = entry;
      return summary
        ? [{ role: "branchSummary", summary, fromId, timestamp: millisecondsOf(entry.timestamp) }]
        : [];
    }
    case "compaction":
      return [...(isFields(entry.systemMessage) ? [entry.systemMessage] : []), summaryOf(entry)];
    default:
      return [];
  }
}

/** True for what changes the part that other entries have in the context. */
function isCut({ type }: SessionEntry): boolean {
  return type === "compaction" || type === "reset" || type === "context_edit";
}

/** Undefined where nothing is edited, which is the rule. */
function editsIn(shown: readonly SessionEntry[]): ReadonlyMap<string, ContextEditEntry> | undefined {
  let edits: Map<string, ContextEditEntry> | undefined;
  for (const entry of shown) {
    if (entry.type !== "context_edit" || !isReplacement(entry.replacement)) continue;
    (edits ??= new Map()).set(entry.targetId, entry);
  }
  return edits;
}

function messagesAt(
  entry: SessionEntry,
  at: number,
  edits: ReadonlyMap<string, ContextEditEntry> | undefined,
): AgentMessage[] {
  // An older compaction may lie in the part that is kept: what it summed up is summed up again by the newest.
  if (entry.type === "compaction" && at > 0) return [];
  return editedMessages(entry, edits?.get(entry.id));
}

/** The messages of one entry, as an edit of it has them: pi's `projectContextEntry`. */
export function editedMessages(entry: SessionEntry, edit?: ContextEditEntry): AgentMessage[] {
  const messages = sessionEntryToContextMessages(entry);
  const replacement = edit?.replacement;
  if (replacement === undefined || !isReplacement(replacement)) return messages;
  return replacement === null ? [] : messages.map((message) => withContent(message, replacement.content));
}

/** Blocks that the role cannot have are left out. */
function withContent(message: AgentMessage, content: ContextReplacement["content"]): AgentMessage {
  switch (message.role) {
    case "user":
    case "custom":
      return { ...message, content: typeof content === "string" ? content : content.filter(isShown) };
    case "assistant":
      return { ...message, content: blocksOf(content).filter(isThought) };
    case "toolResult":
      return { ...message, content: blocksOf(content).filter(isShown) };
    default:
      return message;
  }
}

function blocksOf(content: ContextReplacement["content"]): Exclude<ContextReplacement["content"], string> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isShown(block: unknown): block is TextContent | ImageContent {
  return isFields(block) && (block["type"] === "text" || block["type"] === "image");
}

function isThought(block: unknown): block is TextContent | ThinkingContent | ToolCall {
  return isFields(block) && block["type"] !== "image";
}

function summaryOf({ summary, tokensBefore, timestamp }: CompactionEntry): AgentMessage {
  return { role: "compactionSummary", summary, tokensBefore, timestamp: millisecondsOf(timestamp) };
}

/** A reset keeps what was said, and nothing that extensions or summaries put in. */
function isKept(entry: SessionEntry, boundary: CompactionEntry | ResetEntry): boolean {
  const role = entry.type === "message" ? entry.message.role : undefined;
  if (boundary.type === "compaction") return role !== "system";
  return role === "user" || role === "assistant" || role === "toolResult";
}

/** What a branch sets, the later entry winning. */
class Settings {
  #thinkingLevel = "off";
  #model: SessionEntry | undefined;

  take(entry: SessionEntry): void {
    if (entry.type === "message") {
      if (entry.message.role === "assistant") this.#model = entry;
    } else if (entry.type === "thinking_level_change") {
      if (typeof entry.thinkingLevel === "string") this.#thinkingLevel = entry.thinkingLevel;
    } else if (entry.type === "model_change") this.#model = entry;
  }

  get now(): Omit<SessionContext, "messages"> {
    return { thinkingLevel: this.#thinkingLevel, model: modelSetBy(this.#model) };
  }
}

function modelSetBy(entry: SessionEntry | undefined): SessionModel | null {
  if (entry?.type === "model_change") return { provider: entry.provider, modelId: entry.modelId };
  if (entry?.type !== "message" || entry.message.role !== "assistant") return null;
  return { provider: entry.message.provider, modelId: entry.message.model };
}
