import { isFields } from "../context/fields.ts";
import { isReplacement } from "../context/replacement.ts";
import { foldSystemMessages } from "../context/system-prompt.ts";
import { assertBody, draftPlain } from "../append/draft.ts";
import type { EntryDraft } from "../append/draft.ts";
import type { ContextReplacement, CustomMessageEntry, SessionEntry } from "../entry.ts";
import type { ManagedSession } from "./managed-session.ts";
import type { AgentMessage, SystemMessage, ToolDeclaration, Usage } from "../message.ts";

/** What `appendCompaction` takes, in pi's order. Null keeps nothing. */
export type CompactionArguments = [
  summary: string,
  firstKeptEntryId: string | null,
  tokensBefore: number,
  details?: unknown,
  fromHook?: boolean,
  usage?: Usage,
];

/** What `appendCustomMessageEntry` takes, in pi's order. */
export type CustomMessageArguments = [
  customType: string,
  content: CustomMessageEntry["content"],
  display: boolean,
  details?: unknown,
];

/** What `appendUsage` takes, in pi's order. */
export type UsageArguments = [kind: string, provider: string, model: string, usage: Usage, note?: string];

/** What `branchWithSummary` takes behind the entry it goes back to, in pi's order. */
export type SummaryArguments = [summary: string, details?: unknown, fromHook?: boolean, usage?: Usage];

/**
 * A compaction with the system messages so far as one. The kept entry is not checked, as in pi: an unknown one keeps
 * nothing.
 */
export function draftCompaction(
  [summary, firstKeptEntryId, tokensBefore, details, fromHook, usage]: CompactionArguments,
  messagesNow: () => readonly AgentMessage[],
): EntryDraft {
  const system = checkpointOf(messagesNow());
  return {
    idempotencyKey: undefined,
    // The entry names itself when it keeps nothing, so its fields are known only with its id.
    encode: (place) =>
      draftPlain("compaction", {
        summary,
        firstKeptEntryId: firstKeptEntryId ?? place.id,
        tokensBefore,
        details,
        usage,
        fromHook,
        systemMessage: system && { ...system, timestamp: Date.parse(place.timestamp) },
      }).encode(place),
  };
}

export function draftUsage([kind, provider, model, usage, note]: UsageArguments): EntryDraft {
  return draftPlain("usage", { kind, provider, model, usage, note: note === "" ? undefined : note });
}

export function draftBranchSummary(
  leftId: string | null,
  [summary, details, fromHook, usage]: SummaryArguments,
): EntryDraft {
  return draftPlain("branch_summary", { fromId: leftId ?? "root", summary, details, usage, fromHook });
}

/** Throws in pi's words when the target has no content that could be edited. */
export function draftContextEdit(
  targetId: string,
  replacement: ContextReplacement | null,
  session: ManagedSession,
): EntryDraft {
  if (!isReplacement(replacement)) {
    throw new Error("Context edit replacement must be null or contain string/array content");
  }
  const target = session.entry(targetId);
  if (!session.branch().includes(target)) throw new Error(`Entry ${targetId} is not on the active branch`);
  const role = target.type === "message" ? target.message.role : target.type;
  if (!EDITABLE.has(role)) throw new Error(`Entry ${targetId} does not contribute editable model content`);
  const isText = typeof replacement?.content === "string";
  const wantsBlocks = role === "assistant" || role === "toolResult";
  const stored =
    isText && wantsBlocks ? { content: [{ type: "text", text: replacement.content }] } : replacement;
  return draftPlain("context_edit", { targetId, replacement: stored });
}

/** An entry as it is, with its own id and parent. */
export function draftAsIs(entry: SessionEntry, session: ManagedSession): EntryDraft {
  const { parentId } = entry;
  // Below a parent that is not in the file it would cut off all that came before.
  if (parentId !== null && session.index.get(parentId) === undefined)
    throw new Error(`Entry ${parentId} not found`);
  assertBody(entry);
  return { idempotencyKey: undefined, encode: () => `${JSON.stringify(entry)}\n` };
}

const EDITABLE: ReadonlySet<string> = new Set(["user", "assistant", "toolResult", "custom_message"]);

function checkpointOf(messages: readonly AgentMessage[]): Omit<SystemMessage, "timestamp"> | undefined {
  const system = messages.filter((message) => message.role === "system");
  const prompt = foldSystemMessages(system.map((message) => ({ ...message })));
  if (prompt === undefined) return undefined;
  const { content, sections } = prompt;
  const tools = Object.values(prompt.tools).filter(isTool);
  return {
    role: "system",
    content,
    ...(Object.keys(sections).length > 0 && { sections }),
    ...(tools.length > 0 && { toolsAdded: tools }),
  };
}

function isTool(value: unknown): value is ToolDeclaration {
  return isFields(value) && typeof value["name"] === "string";
}
