import type { SessionManager } from "../manager/session-manager.ts";
import { describeEntry } from "../outline/describe-entry.ts";
import { drawTree } from "../outline/draw-tree.ts";
import type { TreeRow } from "../outline/draw-tree.ts";
import { cwdIn } from "../file/header.ts";
import { counted } from "./counted.ts";
import { paint, plainLine, shortened } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Draws a session as a tree: `●` is on the active branch, `◆` is its leaf, `○` was left. */
export function show(session: SessionManager, isJson: boolean, terminal: Terminal): void {
  const branch = session.getBranch().map(({ id }) => id);
  const leafId = session.getLeafId();
  if (isJson) {
    const { id, cwd } = session.getHeader();
    terminal.out(JSON.stringify({ sessionId: id, cwd, leafId, branch, entries: session.getEntries() }));
    return;
  }
  const forks = session.getTree();
  const name = session.getSessionName();
  const title = [session.getSessionId(), name, cwdIn(session.getHeader())].filter(Boolean).join(" · ");
  terminal.out(paint("bold", plainLine(title), terminal));
  const count = counted(session.getEntryCount(), "entry", "entries");
  terminal.out(`${count}, ${branch.length} on the active branch`);
  for (const row of drawTree(forks, new Set(branch))) terminal.out(rowText(row, leafId, terminal));
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
