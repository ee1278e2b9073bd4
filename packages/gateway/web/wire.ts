import { base64Bytes } from "../src/session/base64-bytes.ts";
import { asList, asNumber, asRecord, asText, isText } from "./fields.ts";

/** Who a message in a conversation comes from, as a reader would say it. */
export type Author = "person" | "assistant" | "note" | "mirror" | "tool";

/** An image of a message. */
export interface Picture {
  /** One of the image types that the gateway takes. */
  readonly mimeType: string;
  readonly bytes: number;
  /** A `data:` address with all of it, made once: it may be megabytes. Undefined where only the gateway has it. */
  readonly address: string | undefined;
}

/** One message as the page shows it. */
export interface Message {
  /** `<runId>:user`, `<runId>:assistant`, or the entry id: the same for the live and the stored copy of one message. */
  readonly id: string;
  /** What the gateway calls it; undefined before it is in the transcript. */
  readonly entryId: string | undefined;
  readonly author: Author;
  readonly text: string;
  readonly pictures: readonly Picture[];
  /** Milliseconds since the epoch; undefined when the transcript does not say. */
  readonly at: number | undefined;
  readonly outcome: "complete" | "stopped" | "failed";
  /** Why it failed, in the gateway's words. */
  readonly problem: string | undefined;
  /** The tool whose result it is. */
  readonly toolName?: string;
}

export interface SessionSummary {
  readonly key: string;
  readonly label: string | undefined;
  readonly updatedAt: number | undefined;
  readonly hasActiveRun: boolean;
}

/** What `sessions.list` says. */
export interface SessionOverview {
  readonly sessions: readonly SessionSummary[];
  /** Whether the built-in echo answers, where a session says nothing else. */
  readonly isEcho: boolean;
}

export interface PendingInput {
  readonly runId: string;
  readonly text: string;
  readonly pictures: readonly Picture[];
  readonly at: number | undefined;
}

/** What `chat.history` says about a session at one moment. */
export interface History {
  /** The conversation that the session's key stands for; undefined when it has none. */
  readonly sessionId: string | undefined;
  /** A page of the transcript, oldest first. */
  readonly messages: readonly Message[];
  /** Whether the transcript has messages before this page. */
  readonly hasMore: boolean;
  /** The next inputs that wait for their run. */
  readonly pending: readonly PendingInput[];
  /** How many wait in all; more than listed when the queue is long. */
  readonly pendingTotal: number;
  readonly activeRunIds: readonly string[];
  /** What an active run has said so far. */
  readonly inFlight: ChatEvent | undefined;
  /** Why a run cannot begin, or its end is not on disk yet. */
  readonly runProblem: string | undefined;
}

/** A `chat` event. `text` is the whole text so far; undefined when the event carries none. */
export type ChatEvent = { readonly sessionKey: string; readonly runId: string } & (
  | {
      readonly kind: "progress";
      readonly text: string | undefined;
      readonly delta: string;
      readonly replaces: boolean;
    }
  | { readonly kind: "final" | "stopped"; readonly text: string | undefined }
  | { readonly kind: "failed"; readonly text: string | undefined; readonly problem: string }
  | { readonly kind: "note"; readonly message: Message }
);

const NOTE_RUN = "inject-";
const IMAGE_TYPE = /^image\/(png|jpeg|gif|webp)$/;

/** The full form of a session key, as the gateway makes it: a short one, such as `main`, belongs to the agent `main`. */
export function canonicalSessionKey(raw: string): string {
  const key = raw.trim().normalize("NFC");
  return key.startsWith("agent:") ? key : `agent:main:${key}`;
}

/** Reads the payload of a `chat` event; undefined when it is not one this page understands. */
export function readChatEvent(payload: unknown): ChatEvent | undefined {
  const event = asRecord(payload);
  const runId = asText(event["runId"]);
  const key = asText(event["sessionKey"]);
  if (runId === undefined || key === undefined) return undefined;
  const about = { sessionKey: canonicalSessionKey(key), runId };
  const text = event["message"] === undefined ? undefined : textOf(asRecord(event["message"])["content"]);
  switch (event["state"]) {
    case "delta":
    case "status":
      return {
        ...about,
        kind: "progress",
        text,
        delta: asText(event["deltaText"]) ?? "",
        replaces: event["replace"] === true,
      };
    case "final": {
      if (!runId.startsWith(NOTE_RUN)) return { ...about, kind: "final", text };
      const message = readMessage(event["message"], runId.slice(NOTE_RUN.length));
      return { ...about, kind: "note", message: { ...message, author: "note" } };
    }
    case "aborted":
      return { ...about, kind: "stopped", text };
    case "error":
      return { ...about, kind: "failed", text, problem: asText(event["errorMessage"]) ?? "The run failed." };
    default:
      return undefined;
  }
}

/** Reads the result of `chat.history`. Parts that are missing are empty. */
export function readHistory(payload: unknown): History {
  const result = asRecord(payload);
  const pendingInputs = asRecord(result["pendingInputs"]);
  const sessionInfo = asRecord(result["sessionInfo"]);
  const pending = asList(pendingInputs["items"]).flatMap((item) => {
    const input = asRecord(item);
    const runId = asText(input["runId"]);
    if (runId === undefined) return [];
    const { content } = asRecord(input["message"]);
    const at = asNumber(input["acceptedAt"]);
    return [{ runId, text: textOf(content), pictures: picturesOf(content), at }];
  });
  return {
    sessionId: asText(result["sessionId"]),
    messages: asList(result["messages"]).map((message, index) => readMessage(message, `message-${index}`)),
    hasMore: result["hasMore"] === true,
    pending,
    pendingTotal: asNumber(pendingInputs["total"]) ?? pending.length,
    activeRunIds: asList(sessionInfo["activeRunIds"]).filter(isText),
    inFlight: readChatEvent(result["inFlightRun"]),
    runProblem: asText(sessionInfo["problem"]),
  };
}

/** Reads the result of `sessions.list`, in the gateway's order. */
export function readSessions(payload: unknown): SessionOverview {
  const result = asRecord(payload);
  const sessions = asList(result["sessions"]).flatMap((item) => {
    const session = asRecord(item);
    const key = asText(session["key"]);
    if (key === undefined) return [];
    const hasActiveRun = session["hasActiveRun"] === true;
    return [
      { key, label: asText(session["label"]), updatedAt: asNumber(session["updatedAt"]), hasActiveRun },
    ];
  });
  const { modelProvider, model } = asRecord(result["defaults"]);
  return { sessions, isEcho: modelProvider === "session-lock" && model === "echo" };
}

function readMessage(payload: unknown, fallbackId: string): Message {
  const message = asRecord(payload);
  const failed = message["stopReason"] === "error";
  const stopped =
    message["stopReason"] === "aborted" || asRecord(message["openclawAbort"])["aborted"] === true;
  const toolName = asText(message["toolName"]);
  return {
    ...(toolName === undefined ? {} : { toolName }),
    id: messageId(message) ?? fallbackId,
    entryId: asText(asRecord(message["__openclaw"])["id"]),
    author: authorOf(message),
    text: textOf(message["content"]),
    pictures: picturesOf(message["content"]),
    at: asNumber(message["timestamp"]),
    outcome: stopped ? "stopped" : failed ? "failed" : "complete",
    problem: failed ? (asText(message["errorMessage"]) ?? "The run failed.") : undefined,
  };
}

/** The run's own name for the message where there is one, because a live message has no entry id yet. */
function messageId(message: Readonly<Record<string, unknown>>): string | undefined {
  const runRow = asText(message["idempotencyKey"]);
  if (runRow !== undefined && /:(user|assistant)$/.test(runRow)) return runRow;
  return asText(message["id"]) ?? asText(asRecord(message["__openclaw"])["id"]);
}

function authorOf(message: Readonly<Record<string, unknown>>): Author {
  if (message["role"] === "user") return "person";
  if (message["role"] !== "assistant") return "tool";
  if (message["model"] === "delivery-mirror") return "mirror";
  // The partial of a stopped run is written by the gateway too, but it is the assistant's text.
  if (message["model"] === "gateway-injected" && message["openclawAbort"] === undefined) return "note";
  return "assistant";
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const blocks = asList(content).map(asRecord);
  const texts = blocks.flatMap((block) => (block["type"] === "text" ? [asText(block["text"]) ?? ""] : []));
  if (texts.length > 0) return texts.join("\n");
  return blocks
    .filter((block) => block["type"] !== "image")
    .map((block) => `[${asText(block["name"]) ?? asText(block["type"]) ?? "unknown"}]`)
    .join(" ");
}

/** The images of a message, in its order: a history has their sizes, `chat.message.get` has them whole. */
export function picturesOf(content: unknown): readonly Picture[] {
  return asList(content).flatMap((block) => (asRecord(block)["type"] === "image" ? readPicture(block) : []));
}

/** One image, or none when it is not of a type that the page shows. */
function readPicture(value: unknown): readonly Picture[] {
  const { mimeType: type, data: whole, bytes } = asRecord(value);
  const [mimeType, data] = [asText(type), asText(whole)];
  // The type becomes part of an address that the browser shows: only an image's gets there.
  if (mimeType === undefined || !IMAGE_TYPE.test(mimeType)) return [];
  if (data === undefined) return [{ mimeType, address: undefined, bytes: asNumber(bytes) ?? 0 }];
  return [{ mimeType, address: dataAddress(mimeType, data), bytes: base64Bytes(data) }];
}

/** The address under which a browser shows an image that it has in base64. */
export function dataAddress(mimeType: string, base64: string): string {
  return `data:${mimeType};base64,${base64}`;
}
