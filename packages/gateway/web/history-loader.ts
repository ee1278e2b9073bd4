import { type ChatAction } from "./chat-state.ts";
import { RequestError, type GatewaySocket } from "./gateway-socket.ts";
import { refreshOf } from "./refresh.ts";
import { readHistory } from "./wire.ts";

const PAGE_MESSAGES = 200;

/** Asks for the histories of sessions, each one request at a time. */
export class HistoryLoader {
  readonly #socket: GatewaySocket;
  readonly #dispatch: (action: ChatAction) => void;
  readonly #refreshes = new Map<string, () => Promise<void>>();
  /** Sessions of which events may have been missed. */
  readonly #doubtful = new Set<string>();

  constructor(socket: GatewaySocket, dispatch: (action: ChatAction) => void) {
    this.#socket = socket;
    this.#dispatch = dispatch;
  }

  /** The next history of this session decides what is still under way there. */
  doubt(sessionKey: string): void {
    this.#doubtful.add(sessionKey);
  }

  /** Loads the newest page. */
  load(sessionKey: string): void {
    const known = this.#refreshes.get(sessionKey);
    const refresh = known ?? refreshOf(() => this.#fetchNewest(sessionKey));
    if (known === undefined) this.#refreshes.set(sessionKey, refresh);
    void refresh(); // its failures become actions
  }

  /**
   * Loads the page before the newest `offset` messages.
   * @throws RequestError
   */
  async loadEarlier(sessionKey: string, offset: number): Promise<void> {
    const params = { sessionKey, limit: PAGE_MESSAGES, offset };
    const history = readHistory(await this.#socket.request("chat.history", params));
    this.#dispatch({ type: "earlier-loaded", sessionKey, history });
  }

  async #fetchNewest(sessionKey: string): Promise<void> {
    const afterReconnect = this.#doubtful.delete(sessionKey);
    try {
      const payload = await this.#socket.request("chat.history", { sessionKey, limit: PAGE_MESSAGES });
      this.#dispatch({ type: "history-loaded", sessionKey, history: readHistory(payload), afterReconnect });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (afterReconnect) this.doubt(sessionKey);
      // Without a connection the page says so elsewhere, and the next connection asks again.
      if (error.code !== "OFFLINE") {
        this.#dispatch({ type: "history-failed", sessionKey, problem: error.message });
      }
    }
  }
}
