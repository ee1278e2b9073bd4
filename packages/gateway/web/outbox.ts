import { asList, asNumber, asRecord, asText } from "./fields.ts";
import { keepInTab } from "./tab-store.ts";
import { type Picture } from "./wire.ts";

/** A message that was sent and is not acknowledged yet, or was refused. */
export interface OutboxItem {
  readonly sessionKey: string;
  readonly runId: string;
  readonly text: string;
  readonly pictures: readonly Picture[];
  readonly at: number;
  /** Why the gateway refused it: it then goes out only when a person says so. */
  readonly problem: string | undefined;
}

const PREFIX = "session-lock.sending.";

/**
 * Remembers a message across reloads of this tab until the gateway has acknowledged it. False when it is too big for what
 * the browser keeps: then a reload before the acknowledgement would lose it.
 */
export function putInOutbox(item: OutboxItem): boolean {
  return keepInTab(PREFIX + item.runId, JSON.stringify(item));
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
  const pictures = asList(item["pictures"]).flatMap(keptPicture);
  const [at, problem] = [asNumber(item["at"]) ?? 0, asText(item["problem"])];
  return { sessionKey, runId, text, pictures, at, problem };
}

function keptPicture(value: unknown): readonly Picture[] {
  const { mimeType: type, address: whole, bytes } = asRecord(value);
  const [mimeType, address] = [asText(type), asText(whole)];
  if (mimeType === undefined || address === undefined) return [];
  return [{ mimeType, address, bytes: asNumber(bytes) ?? 0 }];
}
