import { decodeEntry, decodeLine } from "../file/decode.ts";
import { deferredFromOf } from "./deferred.ts";
import type { SessionEntry } from "../entry.ts";
import { linesFromEnd } from "../file/lines.ts";
import type { ByteSource } from "../file/lines.ts";
import { becomesLeaf, needsNavigation } from "../file/navigation.ts";
import { ToolGroup, turnOfEntry } from "./tool-group.ts";

const FIRST_WINDOW_BYTES = 16 * 1024;

/**
 * The end of the active branch as far back as its newest tool group can begin, in order: from the last message that is
 * neither a tool result nor one that was deferred.
 *
 * Reads backwards, so the cost is that of the group and not of the file. Undefined when something moved the leaf on the
 * way, or where an entry need not continue the parent it names (version 4) and names another one than the entry before it:
 * then only all entries tell. Not for version 1, whose entries have no ids.
 */
export function readBranchEnd(
  source: ByteSource,
  end: number,
  leafId: string | undefined,
  version: number,
): SessionEntry[] | undefined {
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const start = Math.max(0, end - window);
    const walk = walkBack(source.read(start, end), start === 0, leafId, version);
    if (walk === undefined) return undefined;
    if (walk.isWhole || start === 0) return walk.entries.reverse();
  }
}

/** The group behind an entry that tells it alone; undefined where those before it matter too. */
export function groupBegunBy(entry: SessionEntry): ToolGroup | undefined {
  return beginsGroup(entry) ? ToolGroup.of([entry]) : undefined;
}

function walkBack(
  bytes: Buffer,
  beginsWithLine: boolean,
  leafId: string | undefined,
  version: number,
): { readonly entries: SessionEntry[]; readonly isWhole: boolean } | undefined {
  const entries: SessionEntry[] = [];
  const isRuled = needsNavigation(version);
  let wanted: string | null | undefined = leafId;
  for (const line of linesFromEnd(bytes, beginsWithLine)) {
    if (wanted == null) return isRuled && entries.length > 0 ? undefined : { entries, isWhole: true };
    const fields = decodeLine(line);
    const entry = fields && decodeEntry(fields, version, 0);
    if (entry && !becomesLeaf(entry, version)) return undefined;
    if (entry?.id !== wanted) {
      if (entry && isRuled) return undefined;
      continue;
    }
    entries.push(entry);
    if (beginsGroup(entry)) return { entries, isWhole: true };
    wanted = entry.parentId;
  }
  return { entries, isWhole: false };
}

/** True for a message before which no tool call stays open: one that is neither a tool result nor one that was deferred. */
export function beginsGroup(entry: SessionEntry): boolean {
  const turn = turnOfEntry(entry);
  return (
    turn !== undefined && turn.role !== "result" && !turn.isHidden && deferredFromOf(entry) === undefined
  );
}
