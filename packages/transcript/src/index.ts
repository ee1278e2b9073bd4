export type { Durability } from "./append/durability.ts";
export type { Appended, Placement } from "./append/appended.ts";
export type { Compaction } from "./append/compaction.ts";
export type { UnguardedPolicy } from "./config.ts";
export { buildContextEntries, buildSessionContext, buildSessionProjection } from "./context.ts";
export type { SessionContext, SessionModel } from "./context.ts";
export { idempotencyKeyOf } from "./entry.ts";
export type {
  BranchSummaryEntry,
  CompactionEntry,
  ContextEditEntry,
  ContextReplacement,
  CustomEntry,
  CustomMessageEntry,
  LabelEntry,
  LeafEntry,
  MessageEntry,
  ModelChangeEntry,
  ResetEntry,
  SessionEntry,
  SessionEntryBase,
  SessionHeader,
  SessionInfoEntry,
  ThinkingLevelChangeEntry,
  UsageEntry,
} from "./entry.ts";
export { TranscriptError } from "./errors.ts";
export type { TranscriptErrorCode, TranscriptErrorFacts } from "./errors.ts";
export type { WriteGuard } from "./manager/guarded-log.ts";
export { CURRENT_SESSION_VERSION } from "./file/header.ts";
export type {
  AgentMessage,
  AssistantMessage,
  BashExecutionMessage,
  BranchSummaryMessage,
  CompactionSummaryMessage,
  CustomMessage,
  ImageContent,
  SystemMessage,
  TextContent,
  ThinkingContent,
  ToolCall,
  ToolDeclaration,
  ToolResultMessage,
  Usage,
  UserMessage,
} from "./message.ts";
export { importSessions } from "./import-sessions.ts";
export type { ImportedSessions, ImportOptions } from "./import-sessions.ts";
export { migrateSessionEntries } from "./file/legacy-entries.ts";
export { migrate } from "./migrate.ts";
export type { MigrateResult } from "./migrate.ts";
export type { AppendItem } from "./append/append-item.ts";
export { appendAssistantMessageToSessionTranscript } from "./mirror.ts";
export type { DeliveryMirror, MirrorResult } from "./mirror.ts";
export { outlineOf } from "./outline.ts";
export type { Outline, OutlineOptions, OutlineRow } from "./outline.ts";
export { openTranscript } from "./open-transcript.ts";
export type { CreateSession, OpenTranscriptOptions } from "./open-transcript.ts";
export type { SpillPlace } from "./spill/spill-file.ts";
export type {
  CompactionArguments,
  CustomMessageArguments,
  SummaryArguments,
  UsageArguments,
} from "./manager/pi-drafts.ts";
export { piSessionFolder as getDefaultSessionDir } from "./manager/pi-layout.ts";
export { mostRecentSession as findMostRecentSession } from "./manager/recent-session.ts";
export type { SessionInfo } from "./manager/session-info.ts";
export type { SessionBinding } from "./store/session-binding.ts";
export { assertValidSessionId, parseSessionKey } from "./store/session-key.ts";
export type { ParsedSessionKey } from "./store/session-key.ts";
export type { SessionListProgress } from "./manager/session-list.ts";
export { SessionManager } from "./manager/session-manager.ts";
export type { NewSessionOptions, OpenSessionOptions } from "./manager/session-options.ts";
export {
  editedMessages as projectContextEntry,
  sessionEntryToContextMessages,
} from "./manager/session-projection.ts";
export type { ProjectedEntry, SessionProjection } from "./manager/session-projection.ts";
export type { SessionRecord, SessionRecordPatch } from "./store/session-record.ts";
export { defaultStorePath, openSessionStore } from "./session-store.ts";
export type {
  DeleteRecordOptions,
  RecordWaitOptions,
  SessionStore,
  UpdateRecordOptions,
} from "./session-store.ts";
export {
  getLatestCompactionEntry,
  loadEntriesFromFile,
  parseSessionEntries,
} from "./manager/session-text.ts";
export type { SequencedEntry, TailOptions } from "./file/tail-entries.ts";
export type { AppendManyOptions, AppendOptions, CloseToolCallsOptions, Transcript } from "./transcript.ts";
export type { SessionTreeNode } from "./tree.ts";
export { onSessionTranscriptUpdate } from "./updates.ts";
export type { SessionTranscriptListener, SessionTranscriptUpdate } from "./updates.ts";
export { projectContext } from "./context/project-context.ts";
export type { ProjectedContext, ProjectionOptions } from "./context/project-context.ts";
export type { ContextChange } from "./context/change-log.ts";
export type { ProviderProfile } from "./context/profile.ts";
export type { SystemPrompt } from "./context/system-prompt.ts";
export type { TargetModel } from "./context/target-model.ts";
export { repair } from "./repair.ts";
export type { RewriteOptions } from "./repair/apply-plan.ts";
export type { RepairStep } from "./repair/plan.ts";
export type { RepairOptions, RepairResult } from "./repair.ts";
export type { InvariantCode } from "./validate/codes.ts";
export type { Finding, Severity } from "./validate/finding.ts";
export { validate, validateMessages } from "./validate/validate.ts";
export type { ValidateOptions, ValidationReport } from "./validate/validate.ts";
