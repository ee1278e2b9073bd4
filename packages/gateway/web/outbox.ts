import { asNumber, asRecord, asText } from "./wire.ts";

/** A message that was sent and is not acknowledged yet. */
export interface OutboxItem {
  readonly sessionKey: string;
  readonly runId: string;
  readonly text: string;
  readonly at: number;
}

const PREFIX = "session-lock.sending.";

/** Remembers a message across reloads of this tab until the gateway has acknowledged it. */
export function putInOutbox(item: OutboxItem): void {
  try {
    sessionStorage.setItem(PREFIX + item.runId, JSON.stringify(item));
  } catch (error) {
    // It is sent all the same; only a reload before the acknowledgement would forget a text of this size.
    if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
  }
}

export function takeFromOutbox(runId: string): void {
  sessionStorage.removeItem(PREFIX + runId);
}

/** What earlier visits of this tab have left, oldest first. */
export function outboxItems(): readonly OutboxItem[] {
  return Object.keys(sessionStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => parseItem(sessionStorage.getItem(name) ?? ""))
    .filter((item) => item !== undefined)
    .sort((one, other) => one.at - other.at);
}

function parseItem(json: string): OutboxItem | undefined {
  const item = asRecord(JSON.parse(json));
  const [sessionKey, runId, text] = [asText(item["sessionKey"]), asText(item["runId"]), asText(item["text"])];
  if (sessionKey === undefined || runId === undefined || text === undefined) return undefined;
  return { sessionKey, runId, text, at: asNumber(item["at"]) ?? 0 };
}
