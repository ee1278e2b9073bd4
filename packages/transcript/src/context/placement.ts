import type { AssistantMessage, ToolCall, ToolResultMessage } from "../message.ts";
import type { Arrangement } from "./arrangement.ts";
import { pairResults } from "./pairing.ts";
import type { Pairing, ResultFate } from "./pairing.ts";
import type { AssistantItem } from "./read-assistant.ts";
import type { Item } from "./read-message.ts";
import type { Reader } from "./reader.ts";
import { syntheticResult } from "./synthetic-result.ts";
import { isOfModel } from "./target-model.ts";
import { ToolCallIds } from "./tool-call-ids.ts";

const FATES = {
  orphan: { code: "C3", message: "a tool result without its call" },
  duplicate: { code: "C4", message: "a second result of a tool call" },
  lost: { code: "C6", message: "the result of a call that was left out" },
} as const satisfies Record<ResultFate, { code: string; message: string }>;

/** Puts every result right after its call, in the order of the calls, and hands all turns on. */
export function placeTurns(items: readonly Item[], reader: Reader, arrangement: Arrangement): void {
  const pairing = pairResults(items);
  const placing = { items, pairing, ids: new ToolCallIds(reader.rules), reader, arrangement };
  for (let position = 0; position < items.length; position += 1) {
    const item = items[position];
    if (item === undefined) continue;
    switch (item.kind) {
      case "user":
        arrangement.add(item.message, item.entryId);
        break;
      case "assistant":
        placeAssistant(item, position, placing);
        break;
      case "result": {
        const fate = pairing.fateOf(position);
        if (fate) reader.log.add(FATES[fate].code, "dropped", item.entryId, FATES[fate].message);
        break;
      }
    }
  }
}

interface Placing {
  readonly items: readonly Item[];
  readonly pairing: Pairing;
  readonly ids: ToolCallIds;
  readonly reader: Reader;
  readonly arrangement: Arrangement;
}

function placeAssistant(item: AssistantItem, position: number, placing: Placing): void {
  const { items, pairing, reader, arrangement } = placing;
  const { message, entryId } = item;
  if (message === undefined) return;
  if (item.calls.length === 0) {
    arrangement.add(message, entryId);
    return;
  }
  const turn = withIds(message, entryId, placing);
  arrangement.add(turn, entryId);
  let expected = position + 1;
  let index = 0;
  for (const call of turn.content) {
    if (call.type !== "toolCall") continue;
    const at = pairing.answerOf(position, index);
    const result = at === undefined ? undefined : items[at];
    index += 1;
    if (at === undefined || result?.kind !== "result") {
      reader.log.add("C5", "added", entryId, `a result for the call ${call.id}`);
      arrangement.add(syntheticResult(call, turn), undefined);
      continue;
    }
    if (at !== expected) reader.log.add("C2", "moved", result.entryId, "a tool result, next to its call");
    expected = at + 1;
    arrangement.add(answering(result.message, call), result.entryId);
  }
}

/** The turn with the ids that its provider takes; the turn itself when it has them. */
function withIds(turn: AssistantMessage, entryId: string, { ids, reader }: Placing): AssistantMessage {
  const isOwn = isOfModel(turn, reader.target);
  let content: AssistantMessage["content"][number][] | undefined;
  ids.startTurn();
  let index = 0;
  for (const block of turn.content) {
    const id = block.type === "toolCall" ? ids.next(block.id, isOwn) : undefined;
    if (block.type === "toolCall" && id !== undefined && id !== block.id) {
      content ??= [...turn.content];
      content[index] = { ...block, id };
      reader.log.add("P1", "changed", entryId, `the call ${block.id} is sent as ${id}`);
    }
    index += 1;
  }
  return content ? { ...turn, content } : turn;
}

function answering(result: ToolResultMessage, call: ToolCall): ToolResultMessage {
  if (result.toolCallId === call.id && result.toolName === call.name) return result;
  return { ...result, toolCallId: call.id, toolName: call.name };
}
