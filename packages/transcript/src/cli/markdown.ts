import { settled } from "../append/settled.ts";
import { textOr } from "../context/fields.ts";
import type { SessionEntry } from "../entry.ts";
import type { SessionManager } from "../manager/session-manager.ts";
import { describeEntry, messageText } from "../outline/describe-entry.ts";
import { withoutControls } from "./terminal.ts";

/** The active branch and what waits behind it, as Markdown, piece by piece. What people and models wrote stays as it is: it is Markdown mostly. */
export function* toMarkdown(session: SessionManager): Generator<string> {
  const { id, cwd, timestamp } = session.getHeader();
  const [place, begun] = [textOr("?", cwd), textOr("?", timestamp)];
  const title = session.getSessionName() ?? `Session ${id}`;
  yield withoutControls(`# ${title}\n\nSession \`${id}\` in \`${place}\`, begun ${begun}.\n`);
  for (const entry of settled(session.getBranch()))
    for (const part of partOf(entry)) yield withoutControls(`\n${part}\n`);
}

function partOf(entry: SessionEntry): string[] {
  const { kind, text } = describeEntry(entry);
  switch (entry.type) {
    case "message":
      return [`## ${kind}`, ...bodyOf(entry.message.role, messageText(entry.message))];
    case "custom_message":
    case "compaction":
    case "branch_summary":
      return [`## ${kind}`, text];
    case "model_change":
    case "thinking_level_change":
      return [`*${kind}: ${text}*`];
    default:
      return [];
  }
}

/** Output of tools is no Markdown: it is fenced, with more backticks than it has in a row itself. */
function bodyOf(role: string, text: string): string[] {
  if (text === "") return [];
  if (role !== "toolResult" && role !== "bashExecution") return [text];
  // What is taken out may stand between two backticks.
  const output = withoutControls(text);
  const longest = [...output.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return [`${fence}\n${output}\n${fence}`];
}
