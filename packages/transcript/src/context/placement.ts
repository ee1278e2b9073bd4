import type { AssistantMessage, ToolCall, ToolResultMessage } from "../message.ts";
import type { Arrangement } from "./arrangement.ts";
import { pairResults } from "./pairing.ts";
import type { ResultFate } from "./pairing.ts";
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
  const { answers, fates } = pairResults(items);
  const ids = new ToolCallIds(reader.rules);
  for (let position = 0; position < items.length; position += 1) {
    const item = items[position];
    if (item === undefined) continue;
    switch (item.kind) {
      case "user":
        arrangement.add(item.message, item.entryId);
        break;
      case "assistant":
        placeAssistant(item, position, answers.get(position), { items, ids, reader, arrangement });
        break;
      case "result": {
        const fate = fates.get(position);
        if (fate) reader.log.add(FATES[fate].code, "dropped", item.entryId, FATES[fate].message);
        break;
      }
    }
  }
}

interface Placing {
  readonly items: readonly Item[];
  readonly ids: ToolCallIds;
  readonly reader: Reader;
  readonly arrangement: Arrangement;
}

function placeAssistant(
  { message, entryId }: AssistantItem,
  position: number,
  answers: readonly (number | undefined)[] | undefined,
  { items, ids, reader, arrangement }: Placing,
): void {
  if (message === undefined) return;
  if (answers === undefined) {
    arrangement.add(message, entryId);
    return;
  }
  const turn = withIds(message, entryId, ids, reader);
  arrangement.add(turn, entryId);
  const calls = turn.content.filter((block) => block.type === "toolCall");
  let expected = position + 1;
  for (let index = 0; index < calls.length; index += 1) {
    const call = calls[index];
    if (call === undefined) continue;
    const at = answers[index];
    const item = at === undefined ? undefined : items[at];
    if (item?.kind !== "result") {
      reader.log.add("C5", "added", entryId, `a result for the call ${call.id}`);
      arrangement.add(syntheticResult(call, turn), undefined);
      continue;
    }
    if (at !== expected) reader.log.add("C2", "moved", item.entryId, "a tool result, next to its call");
    expected = (at ?? 0) + 1;
    arrangement.add(answering(item.message, call), item.entryId);
  }
}

/** The turn with the ids that its provider takes; the turn itself when it has them. */
function withIds(
  turn: AssistantMessage,
  entryId: string,
  ids: ToolCallIds,
  reader: Reader,
): AssistantMessage {
  const isOwn = isOfModel(turn, reader.target);
  ids.startTurn();
  const content = turn.content.map((block) => {
    if (block.type !== "toolCall") return block;
    const id = ids.next(block.id, isOwn);
    if (id === block.id) return block;
    reader.log.add("P1", "changed", entryId, `the call ${block.id} is sent as ${id}`);
    return { ...block, id };
  });
  return content.some((block, index) => block !== turn.content[index]) ? { ...turn, content } : turn;
}

function answering(result: ToolResultMessage, call: ToolCall): ToolResultMessage {
  if (result.toolCallId === call.id && result.toolName === call.name) return result;
  return { ...result, toolCallId: call.id, toolName: call.name };
}
