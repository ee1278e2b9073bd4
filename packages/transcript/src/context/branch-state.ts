import type { Fields } from "./fields.ts";
import { isReplacement } from "./replacement.ts";
import { isOfSomeModel, modelOf } from "./target-model.ts";
import type { TargetModel } from "./target-model.ts";

/** What the entries of a branch set, the later one winning. */
export interface BranchState {
  /** `"off"` where nothing set it. */
  readonly thinkingLevel: string;
  readonly model: TargetModel | undefined;
  /** The position of the newest compaction or reset, or -1. */
  readonly compactionAt: number;
  /** By target id, what replaces its content; null takes the message away. */
  readonly edits: ReadonlyMap<unknown, unknown> | undefined;
}

export function branchState(branch: readonly Fields[]): BranchState {
  let thinkingLevel = "off";
  let modelEntry: Fields | undefined;
  let compactionAt = -1;
  let edits: Map<unknown, unknown> | undefined;
  let position = 0;
  for (const entry of branch) {
    switch (entry["type"]) {
      case "message":
        if (isOfSomeModel(entry["message"])) modelEntry = entry;
        break;
      case "thinking_level_change":
        if (typeof entry["thinkingLevel"] === "string") thinkingLevel = entry["thinkingLevel"];
        break;
      case "model_change":
        if (changedModel(entry)) modelEntry = entry;
        break;
      case "compaction":
      case "reset":
        compactionAt = position;
        break;
      case "context_edit":
        if (!isReplacement(entry["replacement"])) break;
        edits ??= new Map();
        edits.set(entry["targetId"], entry["replacement"]);
        break;
    }
    position += 1;
  }
  const model = modelEntry && (changedModel(modelEntry) ?? modelOf(modelEntry["message"]));
  return { thinkingLevel, model, compactionAt, edits };
}

function changedModel({ provider, modelId }: Fields): TargetModel | undefined {
  return typeof provider === "string" && typeof modelId === "string"
    ? { provider, model: modelId }
    : undefined;
}
