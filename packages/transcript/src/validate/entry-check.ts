import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import type { EntryTable } from "./entry-table.ts";
import type { Site } from "./finding.ts";
import type { Judge } from "./judge.ts";
import { checkContent, checkMessage } from "./message-check.ts";
import { turnOf, userTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Checks one entry by itself and adds it to the table. */
export function checkEntry(entry: Fields, site: Site, table: EntryTable, judge: Judge): void {
  const { id, type, message, content, summary } = entry;
  const named = typeof id === "string" ? { ...site, entryId: id } : site;
  let turn: Turn | undefined;
  switch (type) {
    case "message":
      checkMessage(message, named, judge);
      turn = isFields(message) ? turnOf(message) : undefined;
      break;
    case "custom_message":
      checkContent(content, "custom", named, judge);
      turn = userTurn();
      break;
    case "branch_summary":
      turn = summary === "" ? undefined : userTurn();
      break;
    default:
      if (typeof type !== "string") judge.log.add("F2", "E", named, "the line is no entry: it has no type");
  }
  table.add(entry, turn, named);
}
