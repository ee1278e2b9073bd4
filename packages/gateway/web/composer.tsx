import { useRef, useState, type ClipboardEvent, type KeyboardEvent } from "react";
import { AttachedPictures } from "./attached-pictures.tsx";
import { ATTACHING_LIMITS } from "./attaching.ts";
import { type DraftActions } from "./drafts.ts";
import { PassingButton } from "./passing-button.tsx";
import { type Picture } from "./wire.ts";

interface ComposerProps extends DraftActions {
  readonly isOnline: boolean;
  /** The run that Stop ends; undefined when none is under way. */
  readonly activeRunId: string | undefined;
  /** False while the session has no message: the gateway creates it with the first one that is sent. */
  readonly canInject: boolean;
  readonly onSend: (text: string, pictures: readonly Picture[]) => void;
  /** Resolves true once the note is stored; the text stays in the field until then. */
  readonly onInject: (text: string) => Promise<boolean>;
  readonly onStop: (runId: string) => Promise<void>;
}

/** Where a person writes: a message for the agent, or a note that starts no run. */
export function Composer(props: ComposerProps) {
  const { draft, write, attach, remove, clear } = props;
  const { isOnline, activeRunId, canInject, onSend, onInject, onStop } = props;
  const { text, pictures, problems } = draft;
  const [isInjecting, setInjecting] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const isBlank = text.trim() === "";
  const canSend = !(isBlank && pictures.length === 0) && draft.reading === 0 && !isInjecting;

  function send(): void {
    if (!canSend) return;
    onSend(text, pictures);
    clear();
    field.current?.focus(); // the button, if that was pressed, has nothing to send any more
  }

  async function inject(): Promise<void> {
    setInjecting(true);
    const isStored = await onInject(text);
    setInjecting(false);
    if (isStored) clear();
  }

  function sendOnEnter(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  function paste(event: ClipboardEvent): void {
    const { files, types } = event.clipboardData;
    // Copied text of an office program brings a picture of itself: the text is meant.
    if (files.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    attach([...files]);
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
      <AttachedPictures pictures={pictures} onRemove={remove} />
      {problems.length > 0 && (
        <ul className="field-problem" role="alert">
          {problems.map((problem, index) => (
            <li key={index}>{problem}</li>
          ))}
        </ul>
      )}
      <textarea
        id="message"
        ref={field}
        rows={1}
        dir="auto"
        autoFocus
        value={text}
        readOnly={isInjecting}
        placeholder="Write a message"
        aria-describedby="composer-hint"
        onChange={(event) => write(event.target.value)}
        onKeyDown={sendOnEnter}
        onPaste={paste}
      />
      <div className="composer-actions">
        <AttachButton
          onFiles={(files) => {
            attach(files);
            field.current?.focus();
          }}
        />
        <p id="composer-hint" className="hint">
          {isOnline
            ? "Enter sends, Shift+Enter starts a new line"
            : "Messages wait here and go out with the connection"}
        </p>
        <button
          type="button"
          className="quiet-button"
          disabled={isBlank || pictures.length > 0 || isInjecting || !isOnline || !canInject}
          title={noteWords(canInject, pictures.length > 0)}
          onClick={() => void inject()}
        >
          Add as note
        </button>
        {activeRunId !== undefined && (
          <PassingButton
            className="stop-button"
            disabled={!isOnline}
            onClick={() => void onStop(activeRunId)}
          >
            <span className="stop-square" aria-hidden="true" />
            Stop
          </PassingButton>
        )}
        <button type="submit" className="main-button" disabled={!canSend}>
          Send
        </button>
      </div>
    </form>
  );
}

function AttachButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="icon-button attach-button"
        aria-label="Attach images"
        title={ATTACHING_LIMITS}
        onClick={() => chooser.current?.click()}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="m15.5 9.2-5.6 5.6a3.4 3.4 0 0 1-4.8-4.8l5.9-5.9a2.3 2.3 0 0 1 3.2 3.2l-5.8 5.9a1.1 1.1 0 0 1-1.6-1.6l5.2-5.3" />
        </svg>
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = ""; // the same file may be chosen again after it was removed
        }}
      />
    </>
  );
}

function noteWords(canInject: boolean, hasPictures: boolean): string {
  if (!canInject) return "A note can be added once the session has a message";
  if (hasPictures) return "A note is text alone: send the images, or remove them";
  return "Writes the text into the transcript without asking for an answer";
}
