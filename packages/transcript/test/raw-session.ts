import { readFileSync } from "node:fs";

/** What a session file says, read without the code under test. */
export interface RawSession {
  readonly headers: number;
  readonly entries: readonly RawEntry[];
  /** Lines that are not JSON. */
  readonly unreadable: number;
  /** Entries with more than one child; a second root counts as one more. */
  readonly forks: number;
  /** From the root to the last entry of the file. */
  readonly branch: readonly RawEntry[];
  /** The first text of each message on that branch. */
  readonly visible: readonly string[];
  /** How often two messages of that branch that follow each other are both from the assistant. */
  readonly consecutiveAssistants: number;
}

interface RawEntry {
  readonly type: string;
  readonly id: string;
  readonly parentId: string | null;
  readonly message?: {
    readonly role: string;
    readonly content: string | readonly { readonly text?: string }[];
  };
}

export function readRaw(file: string): RawSession {
  const lines = readFileSync(file, "utf8").split("\n");
  const parsed = lines.filter((line) => line.trim() !== "").map(parse);
  const objects = parsed.filter((value) => value !== undefined);
  const entries = objects.filter((value) => value.type !== "session");
  const branch = branchOf(entries);
  const messages = branch.flatMap((entry) => (entry.message ? [entry.message] : []));
  return {
    headers: objects.length - entries.length,
    entries,
    unreadable: parsed.length - objects.length,
    forks: forksOf(entries),
    branch,
    visible: messages.map(({ content }) =>
      typeof content === "string" ? content : (content[0]?.text ?? ""),
    ),
    consecutiveAssistants: messages.filter(
      ({ role }, at) => role === "assistant" && messages[at - 1]?.role === "assistant",
    ).length,
  };
}

function parse(line: string): RawEntry | undefined {
  try {
    return JSON.parse(line) as RawEntry;
  } catch {
    return undefined; // counted as unreadable
  }
}

function branchOf(entries: readonly RawEntry[]): RawEntry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const branch: RawEntry[] = [];
  for (let entry = entries.at(-1); entry; entry = byId.get(entry.parentId ?? "")) branch.push(entry);
  return branch.reverse();
}

function forksOf(entries: readonly RawEntry[]): number {
  const children = new Map<string | null, number>();
  for (const { parentId } of entries) children.set(parentId, (children.get(parentId) ?? 0) + 1);
  return [...children.values()].reduce((forks, count) => forks + count - 1, 0);
}
