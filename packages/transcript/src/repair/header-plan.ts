import path from "node:path";
import { randomUUID } from "node:crypto";
import { TranscriptError } from "../errors.ts";
import { encodeHeader, newHeader } from "../file/header.ts";
import { isBlankDraft } from "./line-plan.ts";
import type { Draft, Plan } from "./plan.ts";

const SESSION_ID_IN_NAME = /_([0-9A-Za-z][0-9A-Za-z.-]*)\.jsonl$/;

/**
 * The second stage: one header, at the top. Later ones go to the .rej file.
 *
 * Throws `NOT_A_SESSION` for a file that has neither a header nor an entry: it is something else, and not ours to touch.
 */
export function planHeader(plan: Plan, sessionFile: string, cwd: string): void {
  const { steps, rejects } = plan;
  const header = plan.drafts.find(isHeader);
  const first = plan.drafts.find((draft) => !isBlankDraft(draft));
  const others = plan.drafts.filter((draft) => draft.type !== "session");
  for (const draft of plan.drafts) {
    if (draft.type !== "session" || draft === header) continue;
    rejectDraft(draft, rejects);
    steps.push({
      code: "F1",
      action: "reject",
      line: draft.line,
      message: "a second header goes to the .rej file",
    });
  }
  if (header === undefined) {
    plan.drafts = [madeHeader(others, sessionFile, cwd), ...others];
    steps.push({ code: "F1", action: "add-header", line: 1, message: "a header is put at the top" });
    return;
  }
  if (header !== first) {
    steps.push({
      code: "F1",
      action: "move-header",
      line: header.line,
      message: "the header is moved to the top",
    });
  }
  plan.drafts = [header, ...others];
}

/** Keeps the bytes of a draft that leaves the file. Those of a salvaged one are kept with its line. */
export function rejectDraft({ from }: Draft, rejects: Plan["rejects"]): void {
  if ("offset" in from) rejects.push(from);
}

function isHeader({ type, id }: Draft): boolean {
  return type === "session" && id !== undefined;
}

function madeHeader(entries: readonly Draft[], sessionFile: string, cwd: string): Draft {
  const first = entries.find(({ id, timestamp }) => id !== undefined && timestamp !== undefined);
  if (first === undefined) {
    throw new TranscriptError("NOT_A_SESSION", `${sessionFile} has neither a session header nor an entry`, {
      sessionFile,
    });
  }
  const sessionId = SESSION_ID_IN_NAME.exec(path.basename(sessionFile))?.[1] ?? randomUUID();
  const header = { ...newHeader({ sessionId, cwd }), ...(first.timestamp && { timestamp: first.timestamp }) };
  return {
    line: 0,
    from: { text: encodeHeader(header).trimEnd() },
    isSalvaged: true,
    type: "session",
    id: sessionId,
    parentId: undefined,
    timestamp: header.timestamp,
    firstKeptEntryId: undefined,
    firstKeptEntryIndex: undefined,
    turn: undefined,
    moving: undefined,
    edits: new Map(),
  };
}
