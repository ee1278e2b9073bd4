import type { SessionEntry, Transcript } from "@session-lock/transcript";
import { historyRow } from "./history.ts";
import type { Hub } from "../connection/hub.ts";
import type { Session } from "./session.ts";

/** The end of a branch as it was told of last. */
interface BranchEnd {
  readonly leafId: string | undefined;
  /** Messages from the root to the leaf. */
  readonly messages: number;
}

type Told = Pick<Session, "sessionKey" | "transcript">;

/**
 * Tells those who follow a session of messages that were stored just now, with their places on the branch. That costs
 * what is new: the places are counted on from those told last. Only where something else came in between, or the
 * branch is another one, are they counted from its root.
 */
export class MessageNews {
  readonly #hub: Pick<Hub, "sessionMessage">;
  readonly #ends = new WeakMap<Transcript, BranchEnd>();

  constructor(hub: Pick<Hub, "sessionMessage">) {
    this.#hub = hub;
  }

  async tell(session: Told, stored: readonly SessionEntry[]): Promise<void> {
    const end = this.#ends.get(session.transcript);
    if (end !== undefined && continues(stored, end.leafId)) this.#tellOf(session, stored, end.messages);
    else if (stored.some(({ type }) => type === "message")) {
      const ids = new Set(stored.map(({ id }) => id));
      this.#tellOf(session, await session.transcript.branch(), 0, ids);
    }
  }

  /** `entries` follow one another on the branch, behind `messages` others; of them, `ids` are told. */
  #tellOf(
    { sessionKey, transcript }: Told,
    entries: readonly SessionEntry[],
    messages: number,
    ids?: ReadonlySet<string>,
  ): void {
    let messageSeq = messages;
    for (const entry of entries) {
      if (entry.type !== "message") continue;
      messageSeq += 1;
      if (ids?.has(entry.id) === false) continue;
      const message = historyRow(entry, messageSeq);
      this.#hub.sessionMessage(sessionKey, { sessionKey, message, messageId: entry.id, messageSeq });
    }
    this.#ends.set(transcript, { leafId: entries.at(-1)?.id, messages: messageSeq });
  }
}

/** Whether the entries hang one below the other and the first below the leaf, and are of a kind that becomes the leaf. */
function continues(entries: readonly SessionEntry[], leafId: string | undefined): boolean {
  return entries.every((entry, index) => {
    const isPlain = (entry.type === "message" || entry.type === "custom") && !("appendMode" in entry);
    return isPlain && (entry.parentId ?? undefined) === (index === 0 ? leafId : entries[index - 1]?.id);
  });
}
