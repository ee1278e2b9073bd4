import { useState, type KeyboardEvent } from "react";

interface ComposerProps {
  /** What is in the field; it is kept outside, so that another session can be looked at in between. */
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isOnline: boolean;
  /** The run that Stop ends; undefined when none is under way. */
  readonly activeRunId: string | undefined;
  /** False while the session has no message: the gateway creates it with the first one that is sent. */
  readonly canInject: boolean;
  readonly onSend: (text: string) => void;
  /** Resolves true once the note is stored; the text stays in the field until then. */
  readonly onInject: (text: string) => Promise<boolean>;
  readonly onStop: (runId: string) => Promise<void>;
}

/** Where a person writes: a message for the agent, or a note that starts no run. */
export function Composer(props: ComposerProps) {
  const { text, onText, isOnline, activeRunId, canInject, onSend, onInject, onStop } = props;
  const [isInjecting, setInjecting] = useState(false);
  const isBlank = text.trim() === "";

  function send(): void {
    if (isBlank || isInjecting) return;
    onSend(text);
    onText("");
  }

  async function inject(): Promise<void> {
    setInjecting(true);
    const isStored = await onInject(text);
    setInjecting(false);
    if (isStored) onText("");
  }

  function sendOnEnter(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="composer"
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="for-readers" htmlFor="message">
        Message
      </label>
      <textarea
        id="message"
        rows={1}
        autoFocus
        value={text}
        readOnly={isInjecting}
        placeholder="Write a message"
        aria-describedby="composer-hint"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={sendOnEnter}
      />
      <div className="composer-actions">
        <p id="composer-hint" className="hint">
          {isOnline
            ? "Enter sends, Shift+Enter starts a new line"
            : "Messages wait here and go out with the connection"}
        </p>
        <button
          type="button"
          className="quiet-button"
          disabled={isBlank || isInjecting || !isOnline || !canInject}
          title={
            canInject
              ? "Writes the text into the transcript without asking for an answer"
              : "A note can be added once the session has a message"
          }
          onClick={() => void inject()}
        >
          Add as note
        </button>
        {activeRunId !== undefined && (
          <button
            type="button"
            className="stop-button"
            disabled={!isOnline}
            onClick={() => void onStop(activeRunId)}
          >
            <span className="stop-square" aria-hidden="true" />
            Stop
          </button>
        )}
        <button type="submit" className="main-button" disabled={isBlank || isInjecting}>
          Send
        </button>
      </div>
    </form>
  );
}
