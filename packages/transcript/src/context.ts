import type { CompactionEntry, SessionEntry } from "./entry.ts";
import type { AgentMessage } from "./message.ts";

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

/**
 * Builds the context of a branch as pi does: the newest compaction stands for everything before the entry it keeps.
 *
 * `branch` runs from the root to the leaf.
 */
export function contextOf(branch: readonly SessionEntry[]): SessionContext {
  let thinkingLevel = "off";
  let model: SessionModel | null = null;
  for (const entry of branch) {
    if (entry.type === "thinking_level_change") thinkingLevel = entry.thinkingLevel;
    else if (entry.type === "model_change") model = { provider: entry.provider, modelId: entry.modelId };
    else if (entry.type === "message" && entry.message.role === "assistant") {
      model = { provider: entry.message.provider, modelId: entry.message.model };
    }
  }
  const at = branch.findLastIndex((entry) => entry.type === "compaction");
  const compaction = branch[at];
  const messages =
    compaction?.type === "compaction"
      ? [
          summaryOf(compaction),
          ...keptBy(compaction, branch.slice(0, at)).flatMap(messagesOf),
          ...branch.slice(at + 1).flatMap(messagesOf),
        ]
      : branch.flatMap(messagesOf);
  return { messages, thinkingLevel, model };
}

/**
 * The context of a list of entries, with pi's signature.
 *
 * `leafId` absent means the last entry, null means before the first one.
 */
export function buildSessionContext(
  entries: readonly SessionEntry[],
  leafId?: string | null,
  byId: ReadonlyMap<string, SessionEntry> = new Map(entries.map((entry) => [entry.id, entry])),
): SessionContext {
  if (leafId === null) return contextOf([]);
  const branch: SessionEntry[] = [];
  const seen = new Set<string>();
  let entry = (leafId === undefined ? undefined : byId.get(leafId)) ?? entries.at(-1);
  while (entry && !seen.has(entry.id)) {
    seen.add(entry.id);
    branch.push(entry);
    entry = entry.parentId === null ? undefined : byId.get(entry.parentId);
  }
  return contextOf(branch.reverse());
}

function keptBy(compaction: CompactionEntry, before: readonly SessionEntry[]): readonly SessionEntry[] {
  const first = before.findIndex((entry) => entry.id === compaction.firstKeptEntryId);
  return first === -1 ? [] : before.slice(first);
}

function summaryOf({ summary, tokensBefore, timestamp }: CompactionEntry): AgentMessage {
  return { role: "compactionSummary", summary, tokensBefore, timestamp: Date.parse(timestamp) };
}

function messagesOf(entry: SessionEntry): AgentMessage[] {
  switch (entry.type) {
    case "message":
      return [entry.message];
    case "custom_message": {
      const { customType, content, display, details } = entry;
      return [
        { role: "custom", customType, content, display, details, timestamp: Date.parse(entry.timestamp) },
      ];
    }
    case "branch_summary": {
      const { summary, fromId } = entry;
      return summary
        ? [{ role: "branchSummary", summary, fromId, timestamp: Date.parse(entry.timestamp) }]
        : [];
    }
    default:
      return [];
  }
}
