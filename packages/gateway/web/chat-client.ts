import {
  chatReducer,
  conversationOf,
  initialState,
  rowsOf,
  type ChatAction,
  type ChatState,
} from "./chat-state.ts";
import { GatewaySocket, RequestError, type Connection } from "./gateway-socket.ts";
import { HistoryLoader } from "./history-loader.ts";
import { readInspection, type Inspection } from "./inspection.ts";
import { isWhole, promptId, type Row } from "./live-rows.ts";
import { PictureShelf } from "./picture-shelf.ts";
import { refreshOf } from "./refresh.ts";
import { itemOf, Sender } from "./sender.ts";
import { asNumber, asRecord, asText } from "./fields.ts";
import { readChatEvent, readSessions, type Picture } from "./wire.ts";

/** What the page shows: the chat, the connection, and the last thing that did not work. */
export interface PageState {
  readonly chat: ChatState;
  readonly connection: Connection;
  readonly notice: string | undefined;
}

export interface ChatClientOptions {
  readonly url: string;
  readonly sessionKey: string;
  readonly token: () => string | undefined;
}

/** Turns what a person does into requests, and what the gateway says into the state of the page. */
export class ChatClient {
  readonly #socket: GatewaySocket;
  readonly #listeners = new Set<() => void>();
  readonly #histories: HistoryLoader;
  readonly #sender: Sender;
  readonly #shelf: PictureShelf;
  readonly #list = refreshOf(() => this.#fetchSessions());
  #state: PageState;

  constructor(options: ChatClientOptions) {
    this.#state = {
      chat: initialState(options.sessionKey),
      connection: { kind: "connecting" },
      notice: undefined,
    };
    this.#socket = new GatewaySocket({
      url: options.url,
      token: options.token,
      onConnection: (connection) => this.#connectionChanged(connection),
      onEvent: (event, payload) => this.#receive(event, payload),
      onGap: () => this.#histories.load(this.#state.chat.sessionKey),
    });
    const dispatch = (action: ChatAction): void => this.#dispatch(action);
    this.#shelf = new PictureShelf(this.#socket);
    this.#histories = new HistoryLoader(this.#socket, dispatch);
    this.#sender = new Sender({ socket: this.#socket, histories: this.#histories, dispatch });
    this.#sender.restore();
  }

  /** Stable for `useSyncExternalStore`. */
  readonly getState = (): PageState => this.#state;

  /** Stable for `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  connect(): void {
    this.#socket.connect();
  }

  close(): void {
    this.#socket.close();
  }

  open(sessionKey: string): void {
    this.#dispatch({ type: "opened", sessionKey });
    this.#notice(undefined);
    this.#histories.load(sessionKey);
  }

  reload(): void {
    this.#histories.load(this.#state.chat.sessionKey);
  }

  /** Loads the page of messages before the oldest one shown. */
  async loadEarlier(): Promise<void> {
    const { sessionKey, conversations } = this.#state.chat;
    const offset = conversations[sessionKey]?.stored?.rows.length ?? 0;
    await this.#attempt("Could not load earlier messages", () =>
      this.#histories.loadEarlier(sessionKey, offset),
    );
  }

  dismissNotice(): void {
    this.#notice(undefined);
  }

  /** Whether a message is on its way that a reload of the page would lose. */
  get isNeeded(): boolean {
    return this.#sender.isNeeded;
  }

  /** Sends a message to the open session. Its bubble stays until the gateway has it, across reloads and reconnects. */
  send(text: string, pictures: readonly Picture[]): void {
    const { sessionKey } = this.#state.chat;
    const runId = crypto.randomUUID();
    this.#shelf.keep(promptId(runId), pictures);
    this.#sender.send({ sessionKey, runId, text, pictures, at: Date.now(), problem: undefined });
  }

  /** Sends a refused message again under its first name, so that it is never answered twice. */
  retry(runId: string): void {
    const { chat } = this.#state;
    const rows = rowsOf(conversationOf(chat, chat.sessionKey));
    const row = rows.find((candidate) => candidate.id === promptId(runId));
    const item = row === undefined ? undefined : itemOf(chat.sessionKey, row);
    if (item !== undefined) this.#sender.send(item);
  }

  /** Takes a refused message off the page. */
  withdraw(runId: string): void {
    this.#sender.withdraw(this.#state.chat.sessionKey, runId);
  }

  /** The images of a row with their data, where they are at hand. */
  peekPictures(row: Row): readonly Picture[] | undefined {
    return isWhole(row) ? row.pictures : this.#shelf.peek(row.id);
  }

  /** Gets the images of a stored row of the open session. Rejects when the gateway cannot be asked. */
  async loadPictures(rowId: string, entryId: string, signal: AbortSignal): Promise<readonly Picture[]> {
    return this.#shelf.load({ sessionKey: this.#state.chat.sessionKey, rowId, entryId }, signal);
  }

  /** Ends a run, or takes a waiting one out of the queue. Its terminal event tells the outcome. */
  async stop(runId: string): Promise<void> {
    const { sessionKey } = this.#state.chat;
    await this.#attempt("Could not stop it", async () => {
      const payload = await this.#socket.request("chat.abort", { sessionKey, runId });
      if (asRecord(payload)["aborted"] === true) return;
      this.#histories.doubt(sessionKey); // it was over already: the page has missed its end
      this.#histories.load(sessionKey);
    });
  }

  /** Writes a note into the open session; resolves true once it is in the transcript. */
  async inject(text: string): Promise<boolean> {
    const { sessionKey } = this.#state.chat;
    return this.#attempt(
      "The note was not confirmed; look at the conversation before you add it again",
      async () => {
        await this.#socket.request("chat.inject", { sessionKey, message: text });
      },
      // It has no name under which it could be asked for again, so a person has to.
      "always",
    );
  }

  /** Looks at the open session from outside; undefined when the gateway has nothing of it. Rejects when it cannot. */
  async inspect(): Promise<Inspection | undefined> {
    const { sessionKey } = this.#state.chat;
    return readInspection(await this.#socket.request("sessions.inspect", { key: sessionKey }));
  }

  #connectionChanged(connection: Connection): void {
    this.#set({ connection });
    if (connection.kind !== "online") return;
    const { chat } = this.#state;
    for (const [key, { activeRunIds }] of Object.entries(chat.conversations)) {
      this.#histories.doubt(key);
      // Of a run that ended meanwhile no event tells any more, and the list would show it as answering for ever.
      if (activeRunIds.length > 0) this.#histories.load(key);
    }
    this.#sender.sendOpen(chat);
    void this.#follow();
    void this.#list();
    this.#histories.load(chat.sessionKey);
  }

  async #follow(): Promise<void> {
    await this.#attempt("Changes by others show only after a reload", async () => {
      await this.#socket.request("sessions.subscribe", {});
    });
  }

  #receive(name: string, payload: unknown): void {
    if (name === "sessions.changed") {
      const { sessionKey, reason, ts } = asRecord(payload);
      const isOfList = reason === "patch" || reason === "delete"; // its name, or that it is gone
      this.#sessionChanged(asText(sessionKey), isOfList, asNumber(ts) ?? Date.now());
    }
    if (name !== "chat") return;
    const event = readChatEvent(payload);
    if (event !== undefined)
      this.#dispatch({ type: "happened", sessionKey: event.sessionKey, event, at: Date.now() });
  }

  /** Also by what no chat event tells, such as a prompt of another page, a mirror or a new name. */
  #sessionChanged(sessionKey: string | undefined, isOfList: boolean, at: number): void {
    const { chat } = this.#state;
    const isListed = chat.sessions?.some((session) => session.key === sessionKey) === true;
    if (sessionKey === undefined || !isListed || isOfList) {
      void this.#list(); // its failures are told in #fetchSessions
    } else {
      this.#dispatch({ type: "session-changed", sessionKey, at });
    }
    if (sessionKey === chat.sessionKey) this.#histories.load(sessionKey);
  }

  async #fetchSessions(): Promise<void> {
    await this.#attempt("The list of sessions may be out of date", async () => {
      const payload = await this.#socket.request("sessions.list", {});
      this.#dispatch({ type: "sessions-listed", ...readSessions(payload) });
    });
  }

  /** Runs a request whose failure is told to the person, not thrown. That there is no connection the page says anyway. */
  async #attempt(
    failure: string,
    work: () => Promise<void>,
    told: "online" | "always" = "online",
  ): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code !== "OFFLINE" || told === "always") this.#notice(`${failure}. ${error.message}`);
      return false;
    }
  }

  #notice(notice: string | undefined): void {
    this.#set({ notice });
  }

  #dispatch(action: ChatAction): void {
    this.#set({ chat: chatReducer(this.#state.chat, action) });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
