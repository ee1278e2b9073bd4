import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { type Conversation } from "./chat-state.ts";
import { isHereAlone } from "./live-rows.ts";
import { addressOfSession } from "./page-address.ts";
import { sessionKeyOfName, sessionName } from "./session-name.ts";
import { type SessionSummary } from "./wire.ts";

interface SessionListProps {
  /** Whether it is unfolded on a narrow screen; a wide one shows it always. */
  readonly isOpen: boolean;
  readonly openKey: string;
  readonly sessions: readonly SessionSummary[] | undefined;
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly onChosen: () => void;
}

/** All sessions of the gateway, newest first, and the way to a new one. */
export function SessionList(props: SessionListProps) {
  const { isOpen, openKey, sessions, conversations, onChosen } = props;
  const known = sessions ?? [];
  // A session exists on the gateway from its first message on; until then it is listed because it is open, or because
  // that message is on this page alone.
  const unsent = Object.keys(conversations).filter((key) => conversations[key]?.live.some(isHereAlone));
  const fresh = [...new Set([openKey, ...unsent])]
    .filter((key) => !known.some((session) => session.key === key))
    .map((key) => ({ key, updatedAt: undefined, hasActiveRun: false }));
  const listed = [...fresh, ...known];

  const list = useRef<HTMLElement>(null);

  useEffect(() => {
    if (isOpen) list.current?.focus();
  }, [isOpen]);

  return (
    <nav
      id="sessions"
      ref={list}
      tabIndex={-1}
      className={isOpen ? "sessions is-open" : "sessions"}
      aria-label="Sessions"
    >
      <p className="brand">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M8 11V8.5a4 4 0 0 1 8 0V11" />
          <rect x="5.5" y="11" width="13" height="9" rx="2.5" />
        </svg>
        Session Lock
      </p>
      <NewSession onCreated={onChosen} />
      <h2>Sessions</h2>
      {sessions === undefined && <p className="hint">Waiting for the list…</p>}
      <ul>
        {listed.map(({ key, updatedAt, hasActiveRun }) => {
          const seen = conversations[key];
          const isRunning = seen === undefined ? hasActiveRun : seen.activeRunIds.length > 0;
          return (
            <li key={key}>
              <a
                href={addressOfSession(key)}
                title={key}
                aria-current={key === openKey ? "page" : undefined}
                onClick={onChosen}
              >
                <span className="session-name" dir="auto">
                  {sessionName(key, sessions)}
                </span>
                {isRunning ? (
                  <span className="session-running">answering</span>
                ) : (
                  <Ago at={updatedAt} isListed={sessions !== undefined} />
                )}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function NewSession({ onCreated }: { readonly onCreated: () => void }) {
  const [name, setName] = useState("");
  const [isRefused, setRefused] = useState(false);

  function create(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const key = sessionKeyOfName(name);
    setRefused(key === undefined);
    if (key === undefined) return;
    setName("");
    location.hash = addressOfSession(key);
    onCreated();
  }

  return (
    <form className="new-session" onSubmit={create}>
      <label htmlFor="new-session">New session</label>
      <div className="field-row">
        <input
          id="new-session"
          dir="auto"
          value={name}
          placeholder="Name"
          autoComplete="off"
          spellCheck={false}
          maxLength={100}
          aria-invalid={isRefused}
          aria-describedby={isRefused ? "new-session-problem" : undefined}
          onChange={(event) => {
            setName(event.target.value);
            setRefused(false);
          }}
        />
        <button type="submit" className="quiet-button">
          Start
        </button>
      </div>
      {isRefused && (
        <p id="new-session-problem" className="field-problem" role="alert">
          Use letters, digits, spaces, dots and dashes, and begin with a letter or digit.
        </p>
      )}
    </form>
  );
}

function Ago({ at, isListed }: { readonly at: number | undefined; readonly isListed: boolean }) {
  if (at === undefined) return isListed && <span className="session-time">new</span>;
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = isToday
    ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return (
    <time className="session-time" dateTime={date.toISOString()}>
      {text}
    </time>
  );
}
