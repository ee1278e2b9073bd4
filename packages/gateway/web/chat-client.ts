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
import { promptId } from "./live-rows.ts";
import { outboxItems, putInOutbox, takeFromOutbox, type OutboxItem } from "./outbox.ts";
import { refreshOf } from "./refresh.ts";
import { asNumber, asRecord, asText, readChatEvent, readSessions } from "./wire.ts";

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
    this.#histories = new HistoryLoader(this.#socket, (action) => this.#dispatch(action));
    for (const item of outboxItems()) this.#dispatch({ type: "sending", ...item });
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

  /** Sends a message to the open session. Its bubble stays until the gateway has it, across reloads and reconnects. */
  send(text: string): void {
    const { sessionKey } = this.#state.chat;
    const item = { sessionKey, runId: crypto.randomUUID(), text, at: Date.now() };
    putInOutbox(item);
    this.#dispatch({ type: "sending", ...item });
    void this.#deliver(item);
  }

  /** Sends a refused message again under its first name, so that it is never answered twice. */
  retry(runId: string): void {
    const { chat } = this.#state;
    const row = rowsOf(conversationOf(chat, chat.sessionKey)).find(
      (candidate) => candidate.id === promptId(runId),
    );
    if (row === undefined) return;
    const item = { sessionKey: chat.sessionKey, runId, text: row.text, at: row.at ?? Date.now() };
    putInOutbox(item);
    this.#dispatch({ type: "sending", ...item });
    void this.#deliver(item);
  }

  /** Takes a refused message off the page. */
  withdraw(runId: string): void {
    takeFromOutbox(runId);
    this.#dispatch({ type: "withdrawn", sessionKey: this.#state.chat.sessionKey, runId });
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
    );
  }

  /** Looks at the open session from outside; undefined when the gateway has nothing of it. Rejects when it cannot. */
  async inspect(): Promise<Inspection | undefined> {
    const { sessionKey } = this.#state.chat;
    return readInspection(await this.#socket.request("sessions.inspect", { key: sessionKey }));
  }

  async #deliver(item: OutboxItem): Promise<void> {
    const { sessionKey, runId, text } = item;
    try {
      const params = { sessionKey, message: text, idempotencyKey: runId };
      const isOver = asRecord(await this.#socket.request("chat.send", params))["status"] === "ok";
      takeFromOutbox(runId);
      this.#dispatch({ type: "accepted", sessionKey, runId, isOver });
      if (isOver) this.#histories.load(sessionKey);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === "OFFLINE") return; // it stays in the outbox and goes out with the next connection
      takeFromOutbox(runId);
      this.#dispatch({ type: "refused", sessionKey, runId, problem: error.message });
    }
  }

  #connectionChanged(connection: Connection): void {
    this.#set({ connection });
    if (connection.kind !== "online") return;
    for (const key of Object.keys(this.#state.chat.conversations)) this.#histories.doubt(key);
    for (const item of unacknowledged(this.#state.chat)) void this.#deliver(item);
    void this.#follow();
    void this.#list();
    this.#histories.load(this.#state.chat.sessionKey);
  }

  async #follow(): Promise<void> {
    await this.#attempt("Changes by others show only after a reload", async () => {
      await this.#socket.request("sessions.subscribe", {});
    });
  }

  #receive(name: string, payload: unknown): void {
    if (name === "sessions.changed") {
      const { sessionKey, ts } = asRecord(payload);
      this.#sessionChanged(asText(sessionKey), asNumber(ts) ?? Date.now());
    }
    if (name !== "chat") return;
    const event = readChatEvent(payload);
    if (event !== undefined)
      this.#dispatch({ type: "happened", sessionKey: event.sessionKey, event, at: Date.now() });
  }

  /** Somebody wrote to a transcript: perhaps what no chat event tells, such as a prompt of another page or a mirror. */
  #sessionChanged(sessionKey: string | undefined, at: number): void {
    const { chat } = this.#state;
    if (sessionKey === undefined || !chat.sessions?.some((session) => session.key === sessionKey)) {
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

  /** Runs a request whose failure is told to the person, not thrown. */
  async #attempt(failure: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code !== "OFFLINE") this.#notice(`${failure}. ${error.message}`);
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

/** What the gateway has not been heard to have, in the order it was written. */
function unacknowledged(chat: ChatState): readonly OutboxItem[] {
  return Object.entries(chat.conversations).flatMap(([sessionKey, { live }]) =>
    live.flatMap(({ status, runId, text, at }) =>
      status === "sending" && runId !== undefined ? [{ sessionKey, runId, text, at: at ?? 0 }] : [],
    ),
  );
}
