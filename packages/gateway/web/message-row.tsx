import { memo } from "react";
import { isWhole, type Row } from "./live-rows.ts";
import { MarkdownText } from "./markdown-text.tsx";
import { PassingButton } from "./passing-button.tsx";
import { PictureList, type PictureSource } from "./picture-list.tsx";
import { type Author } from "./wire.ts";

export interface RowActions {
  readonly isOnline: boolean;
  readonly onStop: (runId: string) => Promise<void>;
  readonly onRetry: (runId: string) => void;
  readonly onWithdraw: (runId: string) => void;
  readonly pictures: PictureSource;
}

type MessageRowProps = RowActions & { readonly row: Row };

/**
 * One message: who, what, when, and how it stands. What people and tools wrote stays as they wrote it. Drawn anew only
 * when something of it has changed: each letter that is typed draws the page, and a conversation may have thousands.
 */
export const MessageRow = memo(function MessageRow({ row, ...actions }: MessageRowProps) {
  const isStreaming = row.status === "streaming";
  return (
    <li
      className={`message from-${row.author} is-${row.status} was-${row.outcome}`}
      aria-busy={isStreaming}
      data-message-id={row.id}
    >
      <p className="message-head">
        <span className="message-author">{AUTHORS[row.author]}</span>
        {row.toolName !== undefined && <code className="tool-name">{row.toolName}</code>}
        {row.at !== undefined && !isStreaming && <MessageTime at={row.at} />}
      </p>
      {row.pictures.length > 0 && (
        <PictureList row={row} source={actions.pictures} isOnline={actions.isOnline} />
      )}
      {row.text !== "" &&
        (row.author === "assistant" ? (
          <div className="message-text is-laid-out">
            <MarkdownText text={row.text} />
          </div>
        ) : (
          <div className="message-text">{row.text}</div>
        ))}
      <MessageFoot row={row} {...actions} />
    </li>
  );
}, isSame);

/** What is done with a message is made anew at every drawing and does the same. */
function isSame(before: MessageRowProps, after: MessageRowProps): boolean {
  return before.row === after.row && before.isOnline === after.isOnline;
}

const AUTHORS: Readonly<Record<Author, string>> = {
  person: "You",
  assistant: "Assistant",
  note: "Note",
  mirror: "Sent elsewhere",
  tool: "Tool",
};

function MessageFoot({ row, isOnline, onStop, onRetry, onWithdraw }: RowActions & { readonly row: Row }) {
  const { runId, status, outcome, problem } = row;
  if (status === "unsent" && runId !== undefined) {
    return (
      <div className="message-foot is-problem">
        <p role="alert">Not sent: {problem}</p>
        {isWhole(row) && (
          <PassingButton className="quiet-button" onClick={() => onRetry(runId)}>
            Try again
          </PassingButton>
        )}
        <PassingButton className="quiet-button" onClick={() => onWithdraw(runId)}>
          Discard
        </PassingButton>
      </div>
    );
  }
  if (status === "queued" && runId !== undefined) {
    return (
      <div className="message-foot">
        <p>Waiting for its turn</p>
        <PassingButton className="quiet-button" disabled={!isOnline} onClick={() => void onStop(runId)}>
          Cancel
        </PassingButton>
      </div>
    );
  }
  if (status === "sending") {
    return (
      <div className="message-foot">
        <p>{isOnline ? "Sending…" : "Waiting for the connection"}</p>
      </div>
    );
  }
  if (outcome === "complete") return null;
  if (outcome === "stopped") {
    return (
      <div className="message-foot">
        <p>{stopWords(row)}</p>
      </div>
    );
  }
  // A run that failed without a word has the reason as its text already.
  const isTold = problem === undefined || row.text.includes(problem);
  return (
    <div className="message-foot is-problem">
      <p>
        {isTold ? "Failed." : `Failed: ${problem.replace(/\.?$/, ".")}`} Send the message again to try once
        more.
      </p>
    </div>
  );
}

function stopWords(row: Row): string {
  if (row.author === "person") return "Cancelled before its turn";
  return row.text === "" ? "Stopped before the first word" : "Stopped";
}

function MessageTime({ at }: { readonly at: number }) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const day = isToday ? "" : `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, `;
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {day + time}
    </time>
  );
}
