import { isFields } from "../context/fields.ts";
import { millisecondsOf } from "../context/message-time.ts";
import { decodeEntry, decodeLine } from "../file/decode.ts";
import { sessionNameIn } from "../entry.ts";
import type { MessageEntry } from "../entry.ts";
import { cwdIn, versionOf } from "../file/header.ts";
import { SessionFile } from "../file/session-file.ts";
import { readHeader } from "../file/tail.ts";
import { scanLines } from "../validate/scan.ts";

/** What a list of sessions shows of one. */
export interface SessionInfo {
  readonly path: string;
  readonly id: string;
  /** Empty where the header has none. */
  readonly cwd: string;
  readonly name?: string;
  readonly parentSessionPath?: string;
  readonly created: Date;
  /** When a user or an assistant wrote last; `created` where nobody did. */
  readonly modified: Date;
  readonly messageCount: number;
  /** The first text of a user, or `"(no messages)"`. */
  readonly firstMessage: string;
  /** All texts of users and assistants, to search in. */
  readonly allMessagesText: string;
}

/** Reads a session a MiB at a time. Rejects when it is none, cannot be read, or the signal aborts. */
export async function readSessionInfo(path: string, signal?: AbortSignal): Promise<SessionInfo | undefined> {
  using file = SessionFile.open(path, "read");
  if (file === undefined) return undefined;
  const { size } = file.stat();
  if (size === 0) return undefined;
  // What has none is no session, and is not read on, however long it is.
  const header = readHeader(file, size, path);
  let isPastHeader = false;
  let name: string | undefined;
  let messageCount = 0;
  let lastWritten = 0;
  let firstMessage = "";
  const texts: string[] = [];
  await scanLines(
    file,
    size,
    ({ text = "", isTerminated }) => {
      if (text.trim() === "" || !isTerminated) return;
      if (!isPastHeader) {
        isPastHeader = true;
        return;
      }
      const fields = decodeLine(text);
      const entry = fields && decodeEntry(fields, versionOf(header), 0);
      if (entry?.type === "session_info") name = sessionNameIn(entry);
      if (entry?.type !== "message") return;
      messageCount += 1;
      if (entry.message.role !== "user" && entry.message.role !== "assistant") return;
      lastWritten = Math.max(lastWritten, writtenAt(entry));
      const written = textOf(entry.message.content);
      if (written === "") return;
      texts.push(written);
      if (entry.message.role === "user") firstMessage ||= written;
    },
    signal,
  );
  const created = new Date(millisecondsOf(header.timestamp));
  return {
    path,
    id: header.id,
    cwd: cwdIn(header) ?? "",
    ...(name ? { name } : {}),
    ...(typeof header.parentSession === "string" && { parentSessionPath: header.parentSession }),
    created,
    modified: lastWritten > 0 ? new Date(lastWritten) : created,
    messageCount,
    firstMessage: firstMessage || "(no messages)",
    allMessagesText: texts.join(" "),
  };
}

function writtenAt({ message, timestamp }: MessageEntry): number {
  const at = typeof message.timestamp === "number" ? message.timestamp : millisecondsOf(timestamp);
  return Number.isNaN(at) ? 0 : at;
}

/** A file may hold anything where blocks should be. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  return blocks
    .flatMap((block) => (isFields(block) && block["type"] === "text" ? [block["text"]] : []))
    .filter((text) => typeof text === "string")
    .join(" ");
}
