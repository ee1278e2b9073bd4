import type { AgentMessage, AppendItem } from "@session-lock/transcript";
import { RUN_END_ENTRY, runKeys, type AcceptedInput } from "../session/inputs.ts";
import type { LaneVerdict } from "../lane/lane.ts";
import { abortedMessage, answerMessage, failedMessage, type AbortOrigin } from "../session/messages.ts";
import type { ErrorKind } from "../protocol/chat-event.ts";
import type { TerminalNews } from "./run-events.ts";
import type { AgentRunner } from "../runners/runner.ts";
import type { Said } from "./said.ts";
import { wordRows } from "./words.ts";

/** What stands in the place of the answer to a message that was stopped while it waited. */
const UNBEGUN = "This message was stopped before it was answered.";

/** How a run ended, before it is written down. `text` is what it said since its last tool calls. */
export type Outcome =
  | ({ readonly kind: "final" } & Said)
  | { readonly kind: "aborted"; readonly text: string; readonly origin: AbortOrigin }
  | {
      readonly kind: "error";
      readonly text: string;
      readonly reason: string;
      readonly errorKind: ErrorKind;
    };

/** How a turn came to its end: with an outcome to write, or because the run is not this gateway's any more. */
export type TurnEnd =
  | Outcome
  | { readonly kind: "elsewhere"; readonly news: TerminalNews }
  | { readonly kind: "moved"; readonly verdict: Exclude<LaneVerdict, "ended"> };

/** The one row that ends a run; its key makes it the only one, whoever else tries. */
export function outcomeItem(runId: string, outcome: Outcome, model: AgentRunner["model"]): AppendItem {
  const message = outcomeMessage(runId, outcome, model);
  if (message !== undefined) return { message, idempotencyKey: runKeys.assistant(runId) };
  return { customType: RUN_END_ENTRY, data: endOf(runId, outcome), idempotencyKey: runKeys.end(runId) };
}

/**
 * The rows that end a run which nobody has begun: the user's words, as they were acknowledged, and that they were
 * stopped. It is said in words, or a model would take them up with the next message, as if nobody had stopped them.
 */
export function unbegunItems(
  input: AcceptedInput,
  origin: AbortOrigin,
  model: AgentRunner["model"],
): AppendItem[] {
  const outcome: Outcome = { kind: "aborted", text: UNBEGUN, origin };
  return [...wordRows([{ input }]), outcomeItem(input.runId, outcome, model)];
}

/** The row that ends a run whose input another run has answered. */
export function joinedItem(runId: string, leaderId: string, outcome: Outcome): AppendItem {
  const data = { ...endOf(runId, outcome), joined: leaderId };
  return { customType: RUN_END_ENTRY, data, idempotencyKey: runKeys.end(runId) };
}

function endOf(runId: string, outcome: Outcome): object {
  const origin = outcome.kind === "aborted" ? { origin: outcome.origin } : {};
  return { runId, state: outcome.kind, ...origin };
}

function outcomeMessage(
  runId: string,
  outcome: Outcome,
  model: AgentRunner["model"],
): AgentMessage | undefined {
  const now = Date.now();
  if (outcome.kind === "error") return failedMessage(outcome.text, { ...outcome, model }, now);
  if (outcome.text.trim() === "") return undefined;
  if (outcome.kind === "final") return answerMessage(outcome, model, now);
  return abortedMessage(outcome.text, { origin: outcome.origin, runId }, now);
}
