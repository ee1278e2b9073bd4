import type { SessionEntry } from "../entry.ts";
import type { ModelMessage } from "./model-message.ts";
import { Arrangement } from "./arrangement.ts";
import type { TrailingAssistant } from "./arrangement.ts";
import { branchState } from "./branch-state.ts";
import { ChangeLog } from "./change-log.ts";
import type { ContextChange } from "./change-log.ts";
import { isFields } from "./fields.ts";
import { placeTurns } from "./placement.ts";
import { rulesOf } from "./profile.ts";
import type { ProviderProfile } from "./profile.ts";
import { readMessage } from "./read-message.ts";
import type { Item } from "./read-message.ts";
import type { Reader } from "./reader.ts";
import { selectMessages } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { foldSystemMessages } from "./system-prompt.ts";
import type { SystemPrompt } from "./system-prompt.ts";
import type { TargetModel } from "./target-model.ts";
import { asksForThoughts, lacksThought, withUncheckedThought } from "./thought-mark.ts";

export interface ProjectionOptions {
  /** Whose rules the messages have to meet. Default: `"strict"`, which meets all of them. */
  readonly profile?: ProviderProfile;
  /**
   * The model the messages go to. Reasoning and signatures of any other one are left out. Default: the model the branch
   * is set to; none for the profile `strict`.
   */
  readonly model?: TargetModel;
  /**
   * What to do about an assistant turn at the end, where the provider wants an input to answer: `bridge` adds a short
   * user turn, `strip` leaves the assistant turns out, `keep` keeps them. Default: `"bridge"`.
   */
  readonly trailingAssistant?: TrailingAssistant;
  /** Keep the text of turns that failed or were aborted. Default: false. */
  readonly partialText?: boolean;
}

/** What a model may be given of a branch. */
export interface ProjectedContext {
  readonly messages: readonly ModelMessage[];
  /** Absent when no system message is stored, as before pi 1.0. */
  readonly system: SystemPrompt | undefined;
  /** `"off"` where nothing set it. */
  readonly thinkingLevel: string;
  /** The model the branch is set to. */
  readonly model: TargetModel | undefined;
  /** What is not as it is stored, in the order of the messages. Empty for a healthy branch. */
  readonly changes: readonly ContextChange[];
}

/**
 * Builds what a model may be given of a branch: only user, assistant and tool result messages, each call next to its
 * result, in an order that the provider takes.
 *
 * Nothing is written. The same branch gives the same bytes every time, a message with nothing to mend is passed on by
 * reference, and projecting the result again changes nothing. `branch` runs from the root to the leaf; it may hold
 * anything that JSON can.
 */
export function projectContext(
  branch: readonly SessionEntry[],
  options: ProjectionOptions = {},
): ProjectedContext {
  const { profile = "strict", trailingAssistant = "bridge", partialText = false } = options;
  const log = new ChangeLog();
  const rules = rulesOf(profile);
  const stored: readonly unknown[] = branch;
  const entries = stored.every(isFields) ? stored : stored.filter(isFields);
  const state = branchState(entries);
  const target = options.model ?? (profile === "strict" ? undefined : state.model);
  const reader = { rules, log, target, keepsPartialText: partialText };

  const selection = selectMessages(entries, state, log);
  const arrangement = new Arrangement(reader);
  placeTurns(readAll(selection, reader), reader, arrangement);
  const messages = arrangement.finish(trailingAssistant);
  if (profile === "google" && asksForThoughts(target)) markThoughts(messages, log);
  const system = foldSystemMessages(selection.system);
  return { messages, system, thinkingLevel: state.thinkingLevel, model: state.model, changes: log.changes };
}

function readAll({ messages, entries }: Selection, reader: Reader): Item[] {
  const items: Item[] = [];
  for (let index = 0; index < messages.length; index += 1) {
    const { id, timestamp } = entries[index] ?? {};
    const item = readMessage(messages[index], typeof id === "string" ? id : "", timestamp, reader);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** Only the calls of the current turn are checked: those after the last message of the user. */
function markThoughts(messages: ModelMessage[], log: ChangeLog): void {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined || message.role === "user") return;
    if (message.role !== "assistant" || !lacksThought(message)) continue;
    log.add("P7", "changed", undefined, "marked a call that another model made");
    messages[index] = withUncheckedThought(message);
  }
}
