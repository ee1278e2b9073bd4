import { useEffect, useState, type ReactNode } from "react";
import { type Finding, type Inspection, type TreeRow } from "./inspection.ts";

interface InspectorProps {
  /** Whatever changes when the session has changed: the inspector then looks again. */
  readonly changed: unknown;
  readonly onInspect: () => Promise<Inspection | undefined>;
  readonly onClose: () => void;
}

const GATHER_MS = 150;

/** A session from outside: its lock, its queue, what the doctor says, and its tree. */
export function Inspector({ changed, onInspect, onClose }: InspectorProps) {
  const [inspection, setInspection] = useState<Inspection>();
  const [state, setState] = useState<"looking" | "nothing" | "seen" | "failed">("looking");
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    let isCurrent = true;
    const look = () => {
      void onInspect().then(
        (found) => {
          if (!isCurrent) return;
          setInspection(found);
          setState(found === undefined ? "nothing" : "seen");
        },
        () => isCurrent && setState("failed"),
      );
    };
    // Changes come in groups; the last one of a group is looked at.
    const timer = setTimeout(look, GATHER_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
    // `onInspect` is made anew at every drawing and asks for the same session.
  }, [changed, asked]);

  return (
    <aside id="inspector" className="inspector" aria-label="Inspector" tabIndex={-1}>
      <header className="inspector-head">
        <h2>Inspector</h2>
        <button type="button" className="quiet-button" onClick={() => setAsked(asked + 1)}>
          Look again
        </button>
        <button type="button" className="quiet-button" onClick={onClose}>
          Close
        </button>
      </header>
      {state === "looking" && <p className="hint">Looking…</p>}
      {state === "nothing" && <p className="hint">The gateway has nothing of this session yet.</p>}
      {state === "failed" && (
        <p className="field-problem">The gateway did not answer. Look again in a moment.</p>
      )}
      {inspection !== undefined && <Seen {...inspection} />}
    </aside>
  );
}

function Seen({ lock, queue, doctor, tree }: Inspection) {
  return (
    <>
      <Part title="Write lock">
        <p>{lockSentence(lock)}</p>
        {lock.waiting > 0 && <p>{counted(lock.waiting, "process waits", "processes wait")} for it.</p>}
      </Part>
      <Part title="Runs">
        <p>
          {queue.activeRunId === undefined ? (
            "None is active"
          ) : (
            <>
              Active: <code>{queue.activeRunId}</code>
            </>
          )}
          ;{" "}
          {queue.waiting === 0
            ? "nothing waits."
            : `${counted(queue.waiting, "message waits", "messages wait")}.`}
        </p>
        {queue.problem !== undefined && (
          <p className="field-problem">
            What waits cannot begin, or an answer cannot be stored yet: {queue.problem}. It is tried again.
          </p>
        )}
      </Part>
      <Part title="Doctor">
        <Findings {...doctor} />
      </Part>
      <Part title="Transcript, newest first">
        {tree === undefined ? <p>The file cannot be opened; the doctor says why.</p> : <Tree {...tree} />}
      </Part>
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="inspector-part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Findings({ entries, findings, omitted, problem }: Inspection["doctor"]) {
  if (problem !== undefined) return <p className="field-problem">{problem}</p>;
  if (findings.length === 0) return <p>Nothing is wrong in {counted(entries, "entry", "entries")}.</p>;
  return (
    <ul className="findings">
      {findings.map((finding, index) => (
        <FindingRow key={index} {...finding} />
      ))}
      {omitted > 0 && <li className="hint">{omitted} more</li>}
    </ul>
  );
}

function FindingRow({ code, isError, message, fix }: Finding) {
  return (
    <li>
      <span className={isError ? "finding-code is-error" : "finding-code"}>{code}</span> {message}
      <p className="hint">{fix}</p>
    </li>
  );
}

const MARKS = { leaf: "◆", branch: "●", left: "○" } as const;
const PLACES = { leaf: "the leaf", branch: "on the branch", left: "left at a fork" } as const;

function Tree({ rows, omitted }: { readonly rows: readonly TreeRow[]; readonly omitted: number }) {
  return (
    <>
      {rows.length === 0 && <p>No entries yet.</p>}
      <ol className="tree">
        {rows.toReversed().map(({ id, lines, kind, text, place }) => (
          <li key={id} className={`tree-row is-${place}`} title={`${id}, ${PLACES[place]}`}>
            <span className="tree-lines" aria-hidden="true">
              {lines}
              {MARKS[place]}
            </span>{" "}
            <span className="tree-kind">{kind}</span> <bdi>{text}</bdi>
          </li>
        ))}
      </ol>
      {omitted > 0 && (
        <p className="hint">{counted(omitted, "older entry is", "older entries are")} not shown.</p>
      )}
    </>
  );
}

function lockSentence({ state, problem, pid, host, purpose, isOwn, heldMs }: Inspection["lock"]): string {
  if (problem !== undefined) return `It cannot be looked at: ${problem}`;
  if (state === "free") return "Free: whoever asks gets it.";
  const who = pid === undefined ? "a process that left no record" : `process ${pid}`;
  if (state === "leftover") return `Left behind by ${who}, which is gone: whoever asks takes it over.`;
  const holder = isOwn
    ? `this gateway (process ${pid ?? "?"})`
    : host === undefined
      ? who
      : `${who} on ${host}`;
  const why = purpose === undefined ? "" : `, to write: ${purpose}`;
  const since =
    heldMs === undefined
      ? ""
      : `, for ${heldMs < 1_000 ? `${heldMs} ms` : `${(heldMs / 1_000).toFixed(1)} s`}`;
  return `Held by ${holder}${why}${since}.`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
