import { textOr } from "./context/fields.ts";
import { errnoOf, TranscriptError } from "./errors.ts";
import { withHotTranscript } from "./mirror/hot-transcripts.ts";
import type { AssistantMessage, Usage } from "./message.ts";
import { mirroredText } from "./mirror/mirrored-text.ts";
import type { SpillPlace } from "./spill/spill-file.ts";
import type { SessionBinding } from "./store/session-binding.ts";
import { parseSessionKey } from "./store/session-key.ts";
import type { SessionRecord } from "./store/session-record.ts";
import { defaultStorePath, openSessionStore } from "./session-store.ts";

/** An assistant text that was delivered outside of a run, to be recorded in the session. */
export interface DeliveryMirror {
  /** Whose store the session is in. Default: the agent of the session key. */
  readonly agentId?: string;
  readonly sessionKey: string;
  readonly text?: string;
  /** Recorded by their file names, comma-joined, when there is no text; as `media` when they have none. */
  readonly mediaUrls?: readonly string[];
  /** The session store's folder. Default: that of the agent. */
  readonly storePath?: string;
  /** The run or delivery it belongs to. What the session has recorded under this key is not recorded again. */
  readonly idempotencyKey?: string;
  /**
   * Where the text waits while the session's disk refuses it, as for `openTranscript`: the same for every transcript of the
   * session. `false`: nowhere, that is a `reason`. Default: `true`, beside the session.
   */
  readonly spill?: SpillPlace | false;
}

/**
 * `messageId` is the entry that holds the text, also when an earlier one did already, or that will: once open tool calls are
 * answered, or the disk takes what was spilled.
 */
export type MirrorResult =
  | { readonly ok: true; readonly sessionFile: string; readonly messageId: string }
  | { readonly ok: false; readonly reason: string };

type HowToRecord = Pick<DeliveryMirror, "idempotencyKey" | "spill">;

const ZERO_USAGE: Usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

/** So often may a key be bound anew while one text waits to be recorded. */
const MAX_BINDINGS = 100;

/**
 * Records a delivered text as an assistant message, under the session's write lock, in the session that the key stands
 * for at that instant. Nothing is recorded, and so nothing acknowledged, in a session that the key was taken from.
 *
 * Never throws for what may happen on a good day: a missing or unknown session key, nothing to record, a session that is
 * locked for too long, a file that cannot be written are `{ ok: false, reason }`.
 */
export async function appendAssistantMessageToSessionTranscript(
  mirror: DeliveryMirror,
): Promise<MirrorResult> {
  if (textOr("", mirror.sessionKey).trim() === "") return { ok: false, reason: "missing sessionKey" };
  const text = mirroredText(mirror);
  if (text === "") return { ok: false, reason: "empty text" };
  try {
    return await recordInBoundSession(bindingOf(mirror), text, mirror);
  } catch (error) {
    // A named failure, ours, the lock's or the system's. Anything else is a fault of the program and stays one.
    if (error instanceof Error && errnoOf(error) !== undefined && !(error instanceof TypeError))
      return { ok: false, reason: error.message };
    throw error;
  }
}

function bindingOf({ sessionKey, agentId, storePath }: DeliveryMirror): SessionBinding {
  const key = parseSessionKey(sessionKey.trim());
  return { sessionKey: key.sessionKey, storePath: storePath ?? defaultStorePath(agentId ?? key.agentId) };
}

async function recordInBoundSession(
  binding: SessionBinding,
  text: string,
  how: HowToRecord,
): Promise<MirrorResult> {
  const store = openSessionStore(binding.storePath);
  for (let turn = 0; turn < MAX_BINDINGS; turn += 1) {
    const record = await store.get(binding.sessionKey);
    if (record === undefined) return { ok: false, reason: `unknown sessionKey: ${binding.sessionKey}` };
    const result = await recordUnlessRebound(record, binding, text, how);
    if (result !== undefined) return result;
  }
  return { ok: false, reason: `${binding.sessionKey} is bound to another session again and again` };
}

/** Undefined, with nothing recorded, when the key was taken from this session while the text waited for the lock. */
async function recordUnlessRebound(
  record: SessionRecord,
  binding: SessionBinding,
  text: string,
  { idempotencyKey, spill = true }: HowToRecord,
): Promise<MirrorResult | undefined> {
  const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
  const place = spill === false ? {} : { spill };
  try {
    const { messageId } = await withHotTranscript(record, { boundTo: binding, ...place }, (transcript) =>
      transcript.append(mirrorMessage(text), { purpose: "delivery mirror", ...keyed }),
    );
    return { ok: true, sessionFile: record.sessionFile, messageId };
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "UNBOUND") return undefined;
    throw error;
  }
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
