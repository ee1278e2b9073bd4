import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { rowsOf, type Conversation as ConversationState } from "./chat-state.ts";
import { answerId } from "./live-rows.ts";
import { MessageRow, type RowActions } from "./message-row.tsx";
import { PassingButton } from "./passing-button.tsx";

interface ConversationProps extends RowActions {
  readonly conversation: ConversationState;
  readonly onReload: () => void;
  readonly onInspect: () => void;
  readonly onEarlier: () => Promise<void>;
  /** Whether the built-in echo answers. */
  readonly isEcho: boolean;
  /** Puts a text into the message field. */
  readonly onExample: (text: string) => void;
}

/** What the last drawing showed. */
interface Drawn {
  readonly firstId: string | undefined;
  readonly height: number;
}

const NEAR_END_PX = 80;

/** The messages of one session. It follows the end while the reader is there, and lets them read back in peace. */
export function Conversation(props: ConversationProps) {
  const { conversation, onReload, onInspect, onEarlier, isEcho, onExample, ...actions } = props;
  const { stored, problem, activeRunIds, runProblem } = conversation;
  const rows = rowsOf(conversation);
  const ids = new Set(rows.map((row) => row.id));
  const isThinking = activeRunIds.some((runId) => !ids.has(answerId(runId)));
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn>({ firstId: undefined, height: 0 });
  const [isAtEnd, setAtEnd] = useState(true);

  const newestSendingId = rows.findLast((row) => row.status === "sending")?.id;

  useEffect(() => {
    // Who sends wants to see it, wherever they were reading.
    if (newestSendingId !== undefined) setAtEnd(true);
  }, [newestSendingId]);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const firstId = rows[0]?.id;
    // Earlier messages come in above: what was read stays where it was.
    if (isAtEnd) scrollToEnd(box);
    else if (firstId !== drawn.current.firstId) box.scrollTop += box.scrollHeight - drawn.current.height;
    drawn.current = { firstId, height: box.scrollHeight };
  });

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null || !isAtEnd) return;
    // The message field grows with its text and takes the room from here.
    const observer = new ResizeObserver(() => scrollToEnd(box));
    observer.observe(box);
    return () => observer.disconnect();
  }, [isAtEnd]);

  function watchScroll(): void {
    const box = scroller.current;
    if (box === null) return;
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX);
  }

  return (
    <section className="conversation" aria-label="Conversation">
      <div
        id="messages"
        className="scroller"
        ref={scroller}
        onScroll={watchScroll}
        tabIndex={0}
        aria-label="Messages"
        role="region"
      >
        {problem !== undefined && (
          <div className="notice" role="alert">
            <p>The history could not be loaded: {problem}</p>
            <PassingButton className="quiet-button" onClick={onReload}>
              Load again
            </PassingButton>
            {/* Where the file is at fault, the doctor says what it is and what mends it. */}
            <PassingButton className="quiet-button" onClick={onInspect}>
              See what is wrong
            </PassingButton>
          </div>
        )}
        {stored === undefined && problem === undefined && <p className="empty hint">Loading the history…</p>}
        {stored !== undefined && rows.length === 0 && (
          <div className="empty">
            <p className="empty-title">Nothing here yet</p>
            <p>Write the first message below. It is on disk before the gateway says it has it.</p>
            {isEcho && <EchoExamples onExample={onExample} />}
          </div>
        )}
        {stored?.hasMore === true && (
          <p className="earlier">
            <PassingButton
              className="quiet-button"
              disabled={!actions.isOnline}
              next="messages"
              onClick={() => void onEarlier()}
            >
              Earlier messages
            </PassingButton>
          </p>
        )}
        <div role="log" aria-live="polite" aria-relevant="additions text">
          <ol className="messages">
            {rows.map((row) => (
              <MessageRow key={row.id} row={row} {...actions} />
            ))}
            {isThinking && (
              <li className="thinking">
                <span className="for-readers">The assistant is answering</span>
                <span className="dots" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                </span>
              </li>
            )}
            {runProblem !== undefined && (
              <li className="field-problem">
                Held up by the gateway’s disk ({runProblem}). It is tried again.
              </li>
            )}
          </ol>
        </div>
      </div>
      {!isAtEnd && (
        <PassingButton className="to-end" next="messages" onClick={() => setAtEnd(true)}>
          Newest messages
        </PassingButton>
      )}
    </section>
  );
}

/** What a gateway without a model can show. */
const EXAMPLES = [
  "slow: one word each quarter of a second, so that there is time to press stop",
  "tool: count letters",
];

function EchoExamples({ onExample }: Pick<ConversationProps, "onExample">) {
  return (
    <div className="examples">
      <p>No model is set, so the built-in echo answers. Try it with:</p>
      {EXAMPLES.map((text) => (
        <button key={text} type="button" className="quiet-button" onClick={() => onExample(text)}>
          {text}
        </button>
      ))}
    </div>
  );
}

function scrollToEnd(box: HTMLElement): void {
  box.scrollTo({ top: box.scrollHeight });
}
