import { type GatewaySocket } from "./gateway-socket.ts";
import { asRecord } from "./fields.ts";
import { picturesOf, type Picture } from "./wire.ts";

/** Characters of image data that are kept for rows that come into sight again. */
const MAX_KEPT_CHARS = 32 * 1024 * 1024;

/** A message of the transcript, and the row that shows it. */
export interface PictureAddress {
  readonly sessionKey: string;
  readonly rowId: string;
  readonly entryId: string;
}

/** The images of messages: a history tells only their sizes. */
export class PictureShelf {
  readonly #socket: GatewaySocket;
  /** By row; the least recently used first. */
  readonly #kept = new Map<string, readonly Picture[]>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(socket: GatewaySocket) {
    this.#socket = socket;
  }

  /** What is at hand of a row. */
  peek(rowId: string): readonly Picture[] | undefined {
    return this.#kept.get(rowId);
  }

  /** Has the images of a row at hand for the moment when they are stored and the history tells only their sizes. */
  keep(rowId: string, pictures: readonly Picture[]): void {
    if (pictures.length === 0) return;
    this.#kept.delete(rowId);
    this.#kept.set(rowId, pictures);
    let chars = 0;
    for (const [id, kept] of [...this.#kept].reverse()) {
      chars += kept.reduce((sum, { address = "" }) => sum + address.length, 0);
      if (chars > MAX_KEPT_CHARS && id !== rowId) this.#kept.delete(id);
    }
  }

  /**
   * Gets the images of a message, one message at a time: many at once are more than the gateway buffers for a page.
   * @throws RequestError
   */
  async load(address: PictureAddress, signal: AbortSignal): Promise<readonly Picture[]> {
    const before = this.#turn;
    const loading = before.then(() => this.#fetch(address, signal));
    this.#turn = loading.catch(() => undefined); // who asked is told
    return loading;
  }

  async #fetch({ sessionKey, rowId, entryId }: PictureAddress, signal: AbortSignal) {
    signal.throwIfAborted();
    const known = this.peek(rowId);
    if (known !== undefined) return known;
    const payload = await this.#socket.request("chat.message.get", { sessionKey, messageId: entryId });
    const pictures = picturesOf(asRecord(asRecord(payload)["message"])["content"]);
    this.keep(rowId, pictures);
    return pictures;
  }
}
