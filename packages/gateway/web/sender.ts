import { type ChatAction, type ChatState } from "./chat-state.ts";
import { RequestError, type GatewaySocket } from "./gateway-socket.ts";
import { type HistoryLoader } from "./history-loader.ts";
import { type Row } from "./live-rows.ts";
import { outboxItems, putInOutbox, takeFromOutbox, type OutboxItem } from "./outbox.ts";
import { asRecord } from "./fields.ts";

export interface SenderSetup {
  readonly socket: GatewaySocket;
  readonly histories: HistoryLoader;
  readonly dispatch: (action: ChatAction) => void;
}

/** Sends messages until the gateway has them, across reloads and reconnects, each under one name. */
export class Sender {
  readonly #setup: SenderSetup;
  /** Messages that a reload of the page would lose. */
  readonly #unkept = new Set<string>();

  constructor(setup: SenderSetup) {
    this.#setup = setup;
  }

  /** Whether a message is on its way that is nowhere but on this page. */
  get isNeeded(): boolean {
    return this.#unkept.size > 0;
  }

  /** Shows what earlier visits of this tab could not send; what was not refused goes out with the next connection. */
  restore(): void {
    for (const { problem, ...item } of outboxItems()) {
      const { sessionKey, runId } = item;
      this.#setup.dispatch({ type: "sending", ...item });
      if (problem !== undefined) this.#setup.dispatch({ type: "refused", sessionKey, runId, problem });
    }
  }

  send(item: OutboxItem): void {
    this.#keep(item);
    this.#setup.dispatch({ type: "sending", ...item });
    void this.#deliver(item);
  }

  /** Sends again what the gateway has not been heard to have. */
  sendOpen(chat: ChatState): void {
    for (const item of unacknowledged(chat)) void this.#deliver(item);
  }

  /** Takes a message off the page that the gateway does not have. */
  withdraw(sessionKey: string, runId: string): void {
    this.#forget(runId);
    this.#setup.dispatch({ type: "withdrawn", sessionKey, runId });
  }

  async #deliver(item: OutboxItem): Promise<void> {
    const { sessionKey, runId } = item;
    const { socket, histories, dispatch } = this.#setup;
    try {
      const { status } = asRecord(await socket.request("chat.send", paramsOf(item)));
      // A text that stops the session, such as `/stop`, is no message: it has no run and is in no history.
      if (status === undefined) {
        this.withdraw(sessionKey, runId);
        return;
      }
      this.#forget(runId);
      const isOver = status === "ok";
      dispatch({ type: "accepted", sessionKey, runId, isOver });
      if (isOver) histories.load(sessionKey);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === "OFFLINE") return; // it stays in the outbox and goes out with the next connection
      // Without an answer the gateway may have it: a reload asks again, under the same name.
      if (error.code === "REFUSED") this.#keep({ ...item, problem: error.message });
      dispatch({ type: "refused", sessionKey, runId, problem: error.message });
    }
  }

  #keep(item: OutboxItem): void {
    if (!putInOutbox(item)) this.#unkept.add(item.runId);
  }

  #forget(runId: string): void {
    this.#unkept.delete(runId);
    takeFromOutbox(runId);
  }
}

/** A row as it is sent; undefined for what no run answers. */
export function itemOf(sessionKey: string, { runId, text, pictures, at }: Row): OutboxItem | undefined {
  if (runId === undefined) return undefined;
  return { sessionKey, runId, text, pictures, at: at ?? 0, problem: undefined };
}

function paramsOf({ sessionKey, runId, text, pictures }: OutboxItem): Readonly<Record<string, unknown>> {
  const attachments = pictures.map(({ mimeType, address }) => ({
    type: "image",
    mimeType,
    content: address,
  }));
  const said = { sessionKey, message: text, idempotencyKey: runId };
  return attachments.length === 0 ? said : { ...said, attachments };
}

/** What the gateway has not been heard to have, in the order it was written. */
function unacknowledged(chat: ChatState): readonly OutboxItem[] {
  return Object.entries(chat.conversations).flatMap(([sessionKey, { live }]) =>
    live
      .filter(({ status }) => status === "sending")
      .map((row) => itemOf(sessionKey, row))
      .filter((item) => item !== undefined),
  );
}
