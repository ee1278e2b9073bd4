import path from "node:path";
import { SessionLockError } from "session-lock";
import { TranscriptError } from "./errors.ts";
import { withHotTranscript } from "./hot-transcripts.ts";
import type { AssistantMessage, Usage } from "./message.ts";
import { parseSessionKey } from "./session-key.ts";
import type { SessionRecord } from "./session-record.ts";
import { defaultStorePath, openSessionStore } from "./session-store.ts";

/** An assistant text that was delivered outside of a run, to be recorded in the session. */
export interface DeliveryMirror {
  /** Whose store the session is in. Default: the agent of the session key. */
  readonly agentId?: string;
  readonly sessionKey: string;
  readonly text?: string;
  /** Recorded by their file names, comma-joined, when there is no text. */
  readonly mediaUrls?: readonly string[];
  /** The session store's folder. Default: that of the agent. */
  readonly storePath?: string;
  /** The run or delivery it belongs to. What the session has recorded under this key is not recorded again. */
  readonly idempotencyKey?: string;
}

/** `messageId` is the entry that holds the text, also when an earlier one did already, or that will once open tool calls are answered. */
export type MirrorResult =
  | { readonly ok: true; readonly sessionFile: string; readonly messageId: string }
  | { readonly ok: false; readonly reason: string };

const ZERO_USAGE: Usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

/**
 * Records a delivered text as an assistant message, under the session's write lock.
 *
 * Never throws for what may happen on a good day: a missing or unknown session key, nothing to record, a session that is
 * locked for too long, a file that cannot be written are `{ ok: false, reason }`.
 */
export async function appendAssistantMessageToSessionTranscript(
  mirror: DeliveryMirror,
): Promise<MirrorResult> {
  if (mirror.sessionKey.trim() === "") return { ok: false, reason: "missing sessionKey" };
  const text = mirroredText(mirror);
  if (text === "") return { ok: false, reason: "empty text" };
  try {
    return await recordInCurrentSession(mirror, text);
  } catch (error) {
    if (error instanceof TranscriptError || error instanceof SessionLockError) {
      return { ok: false, reason: error.message };
    }
    throw error;
  }
}

/**
 * A key may get another session while the text waits for the lock of the old one. Then the text is in the old one, where
 * the key's readers do not look any more, so it is recorded in the new one too.
 */
async function recordInCurrentSession(mirror: DeliveryMirror, text: string): Promise<MirrorResult> {
  let record = await findRecord(mirror);
  if (record === undefined) return { ok: false, reason: `unknown sessionKey: ${mirror.sessionKey.trim()}` };
  for (;;) {
    const result = await recordText(record, text, mirror.idempotencyKey);
    const now = await findRecord(mirror);
    if (now === undefined || now.sessionFile === record.sessionFile) return result;
    record = now;
  }
}

async function findRecord({
  sessionKey,
  agentId,
  storePath,
}: DeliveryMirror): Promise<SessionRecord | undefined> {
  const key = parseSessionKey(sessionKey.trim());
  return openSessionStore(storePath ?? defaultStorePath(agentId ?? key.agentId)).get(key.sessionKey);
}

async function recordText(
  { sessionFile, sessionId }: SessionRecord,
  text: string,
  idempotencyKey: string | undefined,
): Promise<MirrorResult> {
  const { messageId } = await withHotTranscript(sessionFile, sessionId, (transcript) =>
    transcript.append(mirrorMessage(text), {
      purpose: "delivery mirror",
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  );
  return { ok: true, sessionFile, messageId };
}

function mirrorMessage(text: string): AssistantMessage {
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    api: "openai-responses",
    provider: "openclaw",
    model: "delivery-mirror",
    usage: ZERO_USAGE,
    stopReason: "stop",
    timestamp: Date.now(),
  };
}

function mirroredText({ text = "", mediaUrls = [] }: DeliveryMirror): string {
  if (text.trim() !== "") return text.trim();
  return mediaUrls
    .map(fileNameOf)
    .filter((name) => name !== "")
    .join(", ");
}

/** The file's name only: the rest of a media URL may carry a secret. */
function fileNameOf(mediaUrl: string): string {
  const [location = ""] = mediaUrl.trim().split(/[?#]/);
  const name = path.posix.basename(
    location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "").replaceAll("\\", "/"),
  );
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray percent sign: the name as it stands is still a name
  }
}
