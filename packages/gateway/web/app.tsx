import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { type ChatClient } from "./chat-client.ts";
import { conversationOf, hasMessages } from "./chat-state.ts";
import { Composer } from "./composer.tsx";
import { ConnectionPill } from "./connection-pill.tsx";
import { Conversation } from "./conversation.tsx";
import { useDraft } from "./drafts.ts";
import { useDropZone } from "./drop-zone.ts";
import { HeldOff } from "./held-off.tsx";
import { Inspector } from "./inspector.tsx";
import { keepToken, keptToken } from "./page-address.ts";
import { focusMessageField, PassingButton } from "./passing-button.tsx";
import { SessionList } from "./session-list.tsx";
import { sessionName } from "./session-name.ts";
import { TokenForm } from "./token-form.tsx";

/** The whole page: the sessions on one side, the open one on the other. */
export function App({ client }: { readonly client: ChatClient }) {
  const { chat, connection, notice } = useSyncExternalStore(client.subscribe, client.getState);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isInspecting, setInspecting] = useState(false);
  const drafting = useDraft(chat.sessionKey);
  const dropZone = useDropZone((files) => {
    drafting.attach(files);
    focusMessageField();
  });
  const menuButton = useRef<HTMLButtonElement>(null);
  const inspectButton = useRef<HTMLButtonElement>(null);
  const conversation = conversationOf(chat, chat.sessionKey);
  const name = sessionName(chat.sessionKey, chat.sessions);
  const activeRunId = conversation.activeRunIds[0];
  const isOnline = connection.kind === "online";

  useEffect(() => {
    document.title = activeRunId === undefined ? `${name} · Session Lock` : `… ${name} · Session Lock`;
  }, [name, activeRunId]);

  useEffect(() => {
    // When it is opened, and not when it turns to another session: then the message field has the focus.
    if (isInspecting) document.getElementById("inspector")?.focus();
  }, [isInspecting]);

  async function stop(runId: string): Promise<void> {
    focusMessageField();
    await client.stop(runId);
  }

  function closeOnEscape(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    if (isMenuOpen) {
      setMenuOpen(false);
      menuButton.current?.focus();
    } else if (isInspecting) {
      closeInspector();
    }
  }

  function closeInspector(): void {
    setInspecting(false);
    inspectButton.current?.focus();
  }

  return (
    <div
      className={isInspecting ? "page is-inspecting" : "page"}
      onKeyDown={closeOnEscape}
      {...dropZone.handlers}
    >
      <SessionList
        isOpen={isMenuOpen}
        openKey={chat.sessionKey}
        sessions={chat.sessions}
        conversations={chat.conversations}
        onChosen={() => {
          setMenuOpen(false);
          focusMessageField(); // when it was open already; another one brings a field of its own
        }}
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
          <h1 title={chat.sessionKey} dir="auto">
            {name}
          </h1>
          <ConnectionPill connection={connection} onRetry={() => client.connect()} />
          <button
            type="button"
            ref={inspectButton}
            className="icon-button"
            aria-label="Inspect"
            title="Lock, queue, doctor and tree of this session"
            aria-expanded={isInspecting}
            aria-controls="inspector"
            onClick={() => setInspecting(!isInspecting)}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <circle cx="8.5" cy="8.5" r="5" />
              <path d="M12.5 12.5 17 17" />
            </svg>
          </button>
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
            {connection.kind === "held-off" && <HeldOff {...connection} />}
            <Conversation
              key={chat.sessionKey}
              conversation={conversation}
              isOnline={isOnline}
              isEcho={chat.isEcho}
              onExample={(text) => {
                drafting.write(text);
                focusMessageField();
              }}
              pictures={{
                peek: (row) => client.peekPictures(row),
                load: (...asked) => client.loadPictures(...asked),
              }}
              onReload={() => client.reload()}
              onInspect={() => setInspecting(true)}
              onEarlier={() => client.loadEarlier()}
              onStop={stop}
              onRetry={(runId) => client.retry(runId)}
              onWithdraw={(runId) => client.withdraw(runId)}
            />
            {notice !== undefined && (
              <div className="notice" role="alert">
                <p>{notice}</p>
                <PassingButton className="quiet-button" onClick={() => client.dismissNotice()}>
                  Dismiss
                </PassingButton>
              </div>
            )}
            <Composer
              key={`composer ${chat.sessionKey}`}
              {...drafting}
              isOnline={isOnline}
              activeRunId={activeRunId}
              canInject={hasMessages(conversation)}
              onSend={(text, pictures) => client.send(text, pictures)}
              onInject={(text) => {
                focusMessageField();
                return client.inject(text);
              }}
              onStop={stop}
            />
          </>
        )}
        {dropZone.isOver && <p className="drop-words">Drop images to attach them to the message</p>}
      </main>
      {isInspecting && (
        <Inspector
          key={chat.sessionKey}
          changed={conversation.stored}
          onInspect={() => client.inspect()}
          onClose={closeInspector}
        />
      )}
    </div>
  );
}
