import { readFile } from "node:fs/promises";
import { openSessionStore, type AgentMessage, type SessionEntry } from "@session-lock/transcript";
import { storePathOf } from "./temporary-gateway.ts";

/** Where a session's transcript is. */
export async function sessionFileOf(stateDir: string, sessionKey: string): Promise<string> {
  const record = await openSessionStore(storePathOf(stateDir)).get(sessionKey);
  if (record === undefined) throw new Error(`no session ${sessionKey}`);
  return record.sessionFile;
}

/** The entries of a session file, parsed line by line, without any code of the packages under test. */
export async function readEntries(file: string): Promise<SessionEntry[]> {
  const text = await readFile(file, "utf8");
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line is not ended");
  return lines.slice(1).map((line) => JSON.parse(line) as SessionEntry);
}

/** The ids of entries that have more than one child: none in a transcript without forks. */
export function forkPoints(entries: readonly SessionEntry[]): string[] {
  const parents = entries.map((entry) => entry.parentId ?? "(root)");
  return [...new Set(parents.filter((parent, index) => parents.indexOf(parent) !== index))];
}

/** The text of a message. */
export function textOf(message: AgentMessage): string {
  const content = "content" in message ? message.content : "";
  if (typeof content === "string") return content;
  return content.map((block) => ("text" in block ? block.text : "")).join("");
}

/** Role and text of every message entry, in file order. */
export async function conversation(file: string): Promise<string[]> {
  const entries = await readEntries(file);
  return entries.flatMap((entry) =>
    entry.type === "message" ? [`${entry.message.role}: ${textOf(entry.message)}`] : [],
  );
}
