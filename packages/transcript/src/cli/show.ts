import type { SessionManager } from "../manager/session-manager.ts";
import { describeEntry } from "../outline/describe-entry.ts";
import { drawTree } from "../outline/draw-tree.ts";
import type { TreeRow } from "../outline/draw-tree.ts";
import { cwdIn } from "../file/header.ts";
import { counted } from "./counted.ts";
import { toJson } from "./json.ts";
import { paint, plainLine, shortened } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** A session drawn as a tree, piece by piece: `●` is on the active branch, `◆` is its leaf, `○` was left. */
export function show(session: SessionManager, isJson: boolean, terminal: Terminal): Iterable<string> {
  return isJson ? asJson(session) : rows(session, terminal);
}

function asJson(session: SessionManager): Generator<string> {
  const { id, cwd } = session.getHeader();
  const branch = session.getBranch().map((entry) => entry.id);
  return toJson({ sessionId: id, cwd, leafId: session.getLeafId(), branch }, session.getEntries());
}

function* rows(session: SessionManager, terminal: Terminal): Generator<string> {
  const branch = session.getBranch().map(({ id }) => id);
  const leafId = session.getLeafId();
  const forks = session.getTree();
  const name = session.getSessionName();
  const title = [session.getSessionId(), name, cwdIn(session.getHeader())].filter(Boolean).join(" · ");
  yield `${paint("bold", plainLine(title), terminal)}\n`;
  const count = counted(session.getEntryCount(), "entry", "entries");
  yield `${count}, ${branch.length} on the active branch\n`;
  for (const row of drawTree(forks, new Set(branch))) yield `${rowText(row, leafId, terminal)}\n`;
}

function rowText(
  { lines, entry, label, isOnBranch }: TreeRow,
  leafId: string | null,
  terminal: Terminal,
): string {
  const { kind, text } = describeEntry(entry);
  const mark = entry.id === leafId ? "◆" : isOnBranch ? "●" : "○";
  const said = shortened(plainLine(text));
  const row = `${mark} ${plainLine(kind)}${said === "" ? "" : `  ${said}`}`;
  const tag = label === undefined ? "" : ` ${paint("yellow", `[${plainLine(label)}]`, terminal)}`;
  return `${lines}${isOnBranch ? row : paint("dim", row, terminal)}${tag}  ${paint("dim", plainLine(entry.id), terminal)}`;
}
