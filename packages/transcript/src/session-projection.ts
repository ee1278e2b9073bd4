import type { CompactionEntry, ContextEditEntry, ContextReplacement, SessionEntry } from "./entry.ts";
import type { AgentMessage, ImageContent, TextContent } from "./message.ts";

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
 * everything before the entry it keeps, and edits change what they name.
 */
export function projectBranch(branch: readonly SessionEntry[]): SessionProjection {
  const shown = shownEntries(branch);
  const edits = new Map<string, ContextEditEntry>();
  for (const entry of shown) if (entry.type === "context_edit") edits.set(entry.targetId, entry);
  const entries = shown.map((sourceEntry, at) => ({
    sourceEntry,
    // An older compaction may lie in the part that is kept: what it summed up is summed up again by the newest.
    messages:
      sourceEntry.type === "compaction" && at > 0
        ? []
        : editedMessages(sourceEntry, edits.get(sourceEntry.id)),
  }));
  return { entries, messages: entries.flatMap(({ messages }) => messages), ...settingsOf(branch) };
}

/** The newest compaction, the entries it keeps and those after it; the whole branch where there is none. */
export function shownEntries(branch: readonly SessionEntry[]): SessionEntry[] {
  const at = branch.findLastIndex(({ type }) => type === "compaction");
  const compaction = branch[at];
  if (compaction?.type !== "compaction") return [...branch];
  const first = branch.findIndex(({ id }) => id === compaction.firstKeptEntryId);
  const kept =
    first === -1 ? [] : branch.slice(first, Math.max(first, at)).filter((entry) => !isSystem(entry));
  return [compaction, ...kept, ...branch.slice(at + 1)];
}

/** The messages of one entry, without regard to edits. */
export function sessionEntryToContextMessages(entry: SessionEntry): AgentMessage[] {
  switch (entry.type) {
    case "message":
      return [entry.message];
    case "custom_message": {
      const { customType, content, display, details } = entry;
      const timestamp = Date.parse(entry.timestamp);
      return [{ role: "custom", customType, content, display, details, timestamp }];
    }
    case "branch_summary": {
      const { summary, fromId } = entry;
      return summary
        ? [{ role: "branchSummary", summary, fromId, timestamp: Date.parse(entry.timestamp) }]
        : [];
    }
    case "compaction":
      return [...(entry.systemMessage ? [entry.systemMessage] : []), summaryOf(entry)];
    default:
      return [];
  }
}

function editedMessages(entry: SessionEntry, edit: ContextEditEntry | undefined): AgentMessage[] {
  const messages = sessionEntryToContextMessages(entry);
  if (edit === undefined) return messages;
  const { replacement } = edit;
  return replacement === null ? [] : messages.map((message) => withContent(message, replacement.content));
}

/** Blocks that the role cannot have are left out. */
function withContent(message: AgentMessage, content: ContextReplacement["content"]): AgentMessage {
  switch (message.role) {
    case "user":
    case "custom":
      return { ...message, content: typeof content === "string" ? content : content.filter(isShown) };
    case "assistant":
      return { ...message, content: blocksOf(content).filter((block) => block.type !== "image") };
    case "toolResult":
      return { ...message, content: blocksOf(content).filter(isShown) };
    default:
      return message;
  }
}

function blocksOf(content: ContextReplacement["content"]): Exclude<ContextReplacement["content"], string> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isShown(block: { readonly type: string }): block is TextContent | ImageContent {
  return block.type === "text" || block.type === "image";
}

function summaryOf({ summary, tokensBefore, timestamp }: CompactionEntry): AgentMessage {
  return { role: "compactionSummary", summary, tokensBefore, timestamp: Date.parse(timestamp) };
}

function isSystem(entry: SessionEntry): boolean {
  return entry.type === "message" && entry.message.role === "system";
}

function settingsOf(branch: readonly SessionEntry[]): Omit<SessionContext, "messages"> {
  let thinkingLevel = "off";
  let model: SessionModel | null = null;
  for (const entry of branch) {
    if (entry.type === "thinking_level_change") thinkingLevel = entry.thinkingLevel;
    else if (entry.type === "model_change") model = { provider: entry.provider, modelId: entry.modelId };
    else if (entry.type === "message" && entry.message.role === "assistant") {
      model = { provider: entry.message.provider, modelId: entry.message.model };
    }
  }
  return { thinkingLevel, model };
}
