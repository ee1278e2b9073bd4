import { asList, asNumber, asRecord, asText } from "./fields.ts";

/** What the gateway finds when it looks at one session from outside. */
export interface Inspection {
  readonly lock: {
    readonly state: "free" | "held" | "leftover";
    /** Why nothing is known of it. */
    readonly problem: string | undefined;
    readonly pid: number | undefined;
    readonly host: string | undefined;
    readonly purpose: string | undefined;
    /** Whether the gateway itself holds it. */
    readonly isOwn: boolean;
    /** In ms. */
    readonly heldMs: number | undefined;
    /** Processes that have been waiting for a while. */
    readonly waiting: number;
  };
  readonly queue: {
    readonly activeRunId: string | undefined;
    readonly waiting: number;
    /** Why a run cannot begin, or its end is not on disk yet. */
    readonly problem: string | undefined;
  };
  readonly doctor: {
    readonly entries: number;
    readonly findings: readonly Finding[];
    /** Findings beyond those listed. */
    readonly omitted: number;
    /** Why the file could not be examined. */
    readonly problem: string | undefined;
  };
  /** The newest entries, the oldest of them first. Undefined when the file cannot be opened. */
  readonly tree: { readonly rows: readonly TreeRow[]; readonly omitted: number } | undefined;
}

export interface Finding {
  readonly code: string;
  readonly isError: boolean;
  readonly message: string;
  readonly fix: string;
}

export interface TreeRow {
  readonly id: string;
  readonly lines: string;
  readonly kind: string;
  readonly text: string;
  readonly place: "leaf" | "branch" | "left";
}

/** Reads the result of `sessions.inspect`; undefined when the gateway has no such session. */
export function readInspection(payload: unknown): Inspection | undefined {
  const { session } = asRecord(payload);
  if (session === null || session === undefined) return undefined;
  const { lock, queue, doctor, tree } = asRecord(session);
  const { activeRunId, waiting, problem } = asRecord(queue);
  return {
    lock: readLock(asRecord(lock)),
    queue: {
      activeRunId: asText(activeRunId),
      waiting: asNumber(waiting) ?? 0,
      problem: asText(problem),
    },
    doctor: readDoctor(asRecord(doctor)),
    tree: tree === undefined ? undefined : readTree(asRecord(tree)),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function readLock({
  state,
  problem,
  pid,
  host,
  purpose,
  sameProcess,
  heldMs,
  waiting,
}: Fields): Inspection["lock"] {
  return {
    state: state === "held" || state === "leftover" ? state : "free",
    problem: asText(problem),
    pid: asNumber(pid),
    host: asText(host),
    purpose: asText(purpose),
    isOwn: sameProcess === true,
    heldMs: asNumber(heldMs),
    waiting: asNumber(waiting) ?? 0,
  };
}

function readDoctor({ entries, findings, omitted, problem }: Fields): Inspection["doctor"] {
  return {
    entries: asNumber(entries) ?? 0,
    findings: asList(findings).map((item) => {
      const { code, severity, message, fix } = asRecord(item);
      const words = { code: asText(code) ?? "?", message: asText(message) ?? "", fix: asText(fix) ?? "" };
      return { ...words, isError: severity === "E" };
    }),
    omitted: asNumber(omitted) ?? 0,
    problem: asText(problem),
  };
}

function readTree({ rows, omitted, leafId }: Fields): Inspection["tree"] {
  return {
    rows: asList(rows).flatMap((item): TreeRow[] => {
      const { id: entryId, lines, kind, text, isOnBranch } = asRecord(item);
      const id = asText(entryId);
      if (id === undefined) return [];
      const place = id === leafId ? "leaf" : isOnBranch === true ? "branch" : "left";
      return [{ id, lines: asText(lines) ?? "", kind: asText(kind) ?? "", text: asText(text) ?? "", place }];
    }),
    omitted: asNumber(omitted) ?? 0,
  };
}
