/** Text that a person or a model wrote. */
export interface TextContent {
  readonly type: "text";
  readonly text: string;
  readonly textSignature?: string;
}

/** A model's reasoning, kept verbatim because providers sign it. */
export interface ThinkingContent {
  readonly type: "thinking";
  readonly thinking: string;
  readonly thinkingSignature?: string;
  readonly redacted?: boolean;
}

/** An image, base64 in `data`. */
export interface ImageContent {
  readonly type: "image";
  readonly data: string;
  readonly mimeType: string;
}

/** A model's request to run a tool. */
export interface ToolCall {
  readonly type: "toolCall";
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly thoughtSignature?: string;
}

/** Tokens used and their cost in US dollars. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly totalTokens: number;
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly total: number;
  };
}

export interface UserMessage {
  readonly role: "user";
  readonly content: string | readonly (TextContent | ImageContent)[];
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly idempotencyKey?: string;
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: readonly (TextContent | ThinkingContent | ToolCall)[];
  readonly api: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly stopReason: "stop" | "length" | "toolUse" | "error" | "aborted";
  readonly errorMessage?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly idempotencyKey?: string;
  /** Set on the partial text of a run that was stopped, by gateways that speak OpenClaw's protocol. */
  readonly openclawAbort?: { readonly aborted: true; readonly origin: string; readonly runId: string };
}

export interface ToolResultMessage {
  readonly role: "toolResult";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly content: readonly (TextContent | ImageContent)[];
  readonly details?: unknown;
  readonly isError: boolean;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly idempotencyKey?: string;
}

/** A tool as a model is told of it. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: unknown;
}

/** Instructions to the model (pi 0.87 and later). Later ones patch earlier ones. */
export interface SystemMessage {
  readonly role: "system";
  readonly content: string | readonly TextContent[];
  /** Named parts; null takes one away. */
  readonly sections?: Readonly<Record<string, string | null>>;
  readonly toolsAdded?: readonly ToolDeclaration[];
  readonly toolsRemoved?: readonly { readonly name: string }[];
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** A shell command that the person ran in the session, with its output. */
export interface BashExecutionMessage {
  readonly role: "bashExecution";
  readonly command: string;
  readonly output: string;
  readonly exitCode?: number | undefined;
  readonly cancelled: boolean;
  readonly truncated: boolean;
  readonly fullOutputPath?: string;
  /** Kept from the model when true. */
  readonly excludeFromContext?: boolean;
  readonly timestamp: number;
}

/** A message an extension put into the conversation. */
export interface CustomMessage {
  readonly role: "custom";
  readonly customType: string;
  readonly content: string | readonly (TextContent | ImageContent)[];
  readonly display: boolean;
  readonly details?: unknown;
  readonly timestamp: number;
}

/** Made from a `branch_summary` entry when the context is built; not meant to be stored. */
export interface BranchSummaryMessage {
  readonly role: "branchSummary";
  readonly summary: string;
  readonly fromId: string;
  readonly timestamp: number;
}

/** Made from a `compaction` entry when the context is built; not meant to be stored. */
export interface CompactionSummaryMessage {
  readonly role: "compactionSummary";
  readonly summary: string;
  readonly tokensBefore: number;
  readonly timestamp: number;
}

/** What a `message` entry carries, in the shapes pi writes. */
export type AgentMessage =
  | UserMessage
  | AssistantMessage
  | ToolResultMessage
  | SystemMessage
  | BashExecutionMessage
  | CustomMessage
  | BranchSummaryMessage
  | CompactionSummaryMessage;
