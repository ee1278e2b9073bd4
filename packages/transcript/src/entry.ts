import type {
  AgentMessage,
  ImageContent,
  SystemMessage,
  TextContent,
  ThinkingContent,
  ToolCall,
  Usage,
} from "./message.ts";

/** The first line of a session file. It is not part of the tree. */
export interface SessionHeader {
  readonly type: "session";
  /** Format version; absent means 1. */
  readonly version?: number;
  /** The session id. */
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** The folder the session was started in. */
  readonly cwd: string;
  /** The file this session was forked from. */
  readonly parentSession?: string;
}

/** What every entry has. `parentId` is null for a root, as on disk. */
export interface SessionEntryBase {
  readonly type: string;
  readonly id: string;
  readonly parentId: string | null;
  /** ISO 8601. */
  readonly timestamp: string;
  /** In files of OpenClaw: the entry lies beside the active branch and does not become its leaf. */
  readonly appendMode?: "side";
}

export interface MessageEntry extends SessionEntryBase {
  readonly type: "message";
  readonly message: AgentMessage;
}

export interface ThinkingLevelChangeEntry extends SessionEntryBase {
  readonly type: "thinking_level_change";
  readonly thinkingLevel: string;
}

export interface ModelChangeEntry extends SessionEntryBase {
  readonly type: "model_change";
  readonly provider: string;
  readonly modelId: string;
}

/** Replaces everything before `firstKeptEntryId` by `summary` in the model's context. */
export interface CompactionEntry extends SessionEntryBase {
  readonly type: "compaction";
  readonly summary: string;
  readonly firstKeptEntryId: string;
  readonly tokensBefore: number;
  readonly details?: unknown;
  readonly fromHook?: boolean;
  /** What making the summary cost. */
  readonly usage?: Usage;
  /** All system messages so far, as one; it stands for those before the compaction. */
  readonly systemMessage?: SystemMessage;
}

/** Tells the model about a branch that was left. */
export interface BranchSummaryEntry extends SessionEntryBase {
  readonly type: "branch_summary";
  /** The leaf that was left, or `"root"`. pi 0.73 wrote the entry it went back to. */
  readonly fromId: string;
  readonly summary: string;
  readonly details?: unknown;
  readonly fromHook?: boolean;
  /** What making the summary cost. */
  readonly usage?: Usage;
}

/** Data of an extension; on the branch, never in the model's context. */
export interface CustomEntry extends SessionEntryBase {
  readonly type: "custom";
  readonly customType: string;
  readonly data?: unknown;
}

/** A message of an extension; in the model's context as a user turn. */
export interface CustomMessageEntry extends SessionEntryBase {
  readonly type: "custom_message";
  readonly customType: string;
  readonly content: string | readonly (TextContent | ImageContent)[];
  readonly display: boolean;
  readonly details?: unknown;
}

/** Names an entry; without `label` (or with an empty one) takes the name away. */
export interface LabelEntry extends SessionEntryBase {
  readonly type: "label";
  readonly targetId: string;
  readonly label?: string;
}

export interface SessionInfoEntry extends SessionEntryBase {
  readonly type: "session_info";
  readonly name?: string;
}

/** OpenClaw: the conversation begins anew here, with what it keeps of before. */
export interface ResetEntry extends SessionEntryBase {
  readonly type: "reset";
  readonly reason: string;
  /** Absent: it keeps nothing. */
  readonly firstKeptEntryId?: string;
}

/** OpenClaw: moves the leaf, and is itself on no branch. Its `parentId` reads as `targetId`. */
export interface LeafEntry extends SessionEntryBase {
  readonly type: "leaf";
  /** The leaf from here on; null for an empty branch. */
  readonly targetId: string | null;
  /** What the next line names as its parent although it continues the leaf. Default: `targetId`. */
  readonly appendParentId?: string | null;
}

/** What a model call outside the conversation cost; not in the model's context. */
export interface UsageEntry extends SessionEntryBase {
  readonly type: "usage";
  readonly kind: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly note?: string;
}

/** Gives an earlier entry of the branch another content in the model's context; null takes it out. The last edit counts. */
export interface ContextEditEntry extends SessionEntryBase {
  readonly type: "context_edit";
  readonly targetId: string;
  readonly replacement: ContextReplacement | null;
}

export interface ContextReplacement {
  readonly content: string | readonly (TextContent | ImageContent | ThinkingContent | ToolCall)[];
}

/**
 * One line of a session file below the header.
 *
 * Types this package does not know are passed through unchanged, so a `switch` over `type` needs a `default`.
 */
export type SessionEntry =
  | MessageEntry
  | ThinkingLevelChangeEntry
  | ModelChangeEntry
  | CompactionEntry
  | BranchSummaryEntry
  | CustomEntry
  | CustomMessageEntry
  | LabelEntry
  | SessionInfoEntry
  | UsageEntry
  | ContextEditEntry
  | ResetEntry
  | LeafEntry;

/** The name that an entry gives to its session. A file may hold anything there: what is no text is no name. */
export function sessionNameIn(entry: SessionInfoEntry): string | undefined {
  const name: unknown = entry.name;
  return typeof name === "string" && name.trim() !== "" ? name.trim() : undefined;
}

/** The key under which an append of this entry can be repeated without effect, if it has one. */
export function idempotencyKeyOf(entry: SessionEntry): string | undefined {
  const carrier: unknown =
    entry.type === "message" ? entry.message : entry.type === "custom" ? entry.data : undefined;
  if (typeof carrier !== "object" || carrier === null || !("idempotencyKey" in carrier)) return undefined;
  return typeof carrier.idempotencyKey === "string" ? carrier.idempotencyKey : undefined;
}
