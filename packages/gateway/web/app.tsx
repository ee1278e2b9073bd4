import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { type ChatClient } from "./chat-client.ts";
import { conversationOf, hasMessages } from "./chat-state.ts";
import { Composer } from "./composer.tsx";
import { ConnectionPill } from "./connection-pill.tsx";
import { Conversation } from "./conversation.tsx";
import { keepToken, keptToken } from "./page-address.ts";
import { SessionList } from "./session-list.tsx";
import { sessionName } from "./session-name.ts";
import { TokenForm } from "./token-form.tsx";

/** The whole page: the sessions on one side, the open one on the other. */
export function App({ client }: { readonly client: ChatClient }) {
  const { chat, connection, notice } = useSyncExternalStore(client.subscribe, client.getState);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const menuButton = useRef<HTMLButtonElement>(null);
  const conversation = conversationOf(chat, chat.sessionKey);
  const name = sessionName(chat.sessionKey, chat.sessions);
  const activeRunId = conversation.activeRunIds[0];
  const isOnline = connection.kind === "online";

  useEffect(() => {
    document.title = activeRunId === undefined ? `${name} · Session Lock` : `… ${name} · Session Lock`;
  }, [name, activeRunId]);

  async function stop(runId: string): Promise<void> {
    focusMessageField();
    await client.stop(runId);
  }

  function closeMenuOnEscape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !isMenuOpen) return;
    setMenuOpen(false);
    menuButton.current?.focus();
  }

  return (
    <div className="page" onKeyDown={closeMenuOnEscape}>
      <SessionList
        isOpen={isMenuOpen}
        openKey={chat.sessionKey}
        sessions={chat.sessions}
        conversations={chat.conversations}
        onChosen={() => setMenuOpen(false)}
      />
      {isMenuOpen && <div className="scrim" onClick={() => setMenuOpen(false)} />}
      <main className="stage">
        <header className="bar">
          <button
            type="button"
            ref={menuButton}
            className="icon-button menu-button"
            aria-label="Sessions"
            aria-expanded={isMenuOpen}
            aria-controls="sessions"
            onClick={() => setMenuOpen(!isMenuOpen)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="M3 5.5h14M3 10h14M3 14.5h9" />
            </svg>
          </button>
          <h1 title={chat.sessionKey}>{name}</h1>
          <ConnectionPill connection={connection} onRetry={() => client.connect()} />
        </header>
        {connection.kind === "refused" && connection.needsToken ? (
          <TokenForm
            problem={keptToken() === undefined ? undefined : connection.reason}
            onToken={(token) => {
              keepToken(token);
              client.connect();
            }}
          />
        ) : (
          <>
            {connection.kind === "refused" && (
              <div className="notice" role="alert">
                <p>
                  The gateway did not let this page in: {connection.reason}. Reload the page, or try again.
                </p>
              </div>
            )}
            <Conversation
              key={chat.sessionKey}
              conversation={conversation}
              isOnline={isOnline}
              onReload={() => client.reload()}
              onEarlier={() => client.loadEarlier()}
              onStop={stop}
              onRetry={(runId) => {
                client.retry(runId);
                focusMessageField();
              }}
              onWithdraw={(runId) => {
                client.withdraw(runId);
                focusMessageField();
              }}
            />
            {notice !== undefined && (
              <div className="notice" role="alert">
                <p>{notice}</p>
                <button type="button" className="quiet-button" onClick={() => client.dismissNotice()}>
                  Dismiss
                </button>
              </div>
            )}
            <Composer
              key={`composer ${chat.sessionKey}`}
              text={drafts[chat.sessionKey] ?? ""}
              onText={(text) => setDrafts((others) => ({ ...others, [chat.sessionKey]: text }))}
              isOnline={isOnline}
              activeRunId={activeRunId}
              canInject={hasMessages(conversation)}
              onSend={(text) => client.send(text)}
              onInject={(text) => client.inject(text)}
              onStop={stop}
            />
          </>
        )}
      </main>
    </div>
  );
}

/** The button that was pressed is about to go away; without this the keyboard would be nowhere. */
function focusMessageField(): void {
  document.getElementById("message")?.focus();
}
