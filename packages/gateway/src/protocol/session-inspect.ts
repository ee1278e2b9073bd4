import { Type, type Static } from "@sinclair/typebox";
import { AgentId, EntryId, Milliseconds, RunId, SessionKey, closed } from "./fields.ts";
import { LaneHolder } from "./session-results.ts";

export const SessionsInspectParams = Type.Object({ key: SessionKey, agentId: AgentId }, closed);

const Count = Type.Integer({ minimum: 0 });
const Text = Type.Optional(Type.String());

/** Who holds the session's write lock; the fields are those of `inspectSessionLock`. */
const LockState = Type.Object(
  {
    state: Type.String(),
    problem: Type.Optional(Type.String({ description: "why the lock cannot be looked at" })),
    engine: Text,
    pid: Type.Optional(Count),
    host: Text,
    purpose: Text,
    heldMs: Type.Optional(Milliseconds),
    sameProcess: Type.Boolean(),
    waiting: Type.Optional(Count),
  },
  { ...closed, title: "LockState" },
);

const Finding = Type.Object(
  {
    code: Type.String(),
    severity: Type.Union([Type.Literal("E"), Type.Literal("W")]),
    message: Type.String(),
    fix: Type.String(),
    entryId: Text,
    line: Type.Optional(Count),
  },
  { ...closed, title: "Finding" },
);

const Diagnosis = Type.Object(
  {
    ok: Type.Boolean(),
    entries: Count,
    findings: Type.Array(Finding),
    omitted: Type.Integer({ minimum: 0, description: "findings that are not among them" }),
    problem: Type.Optional(Type.String({ description: "why the file could not be read" })),
  },
  { ...closed, title: "Diagnosis" },
);

const Tree = Type.Object(
  {
    entries: Count,
    leafId: Type.Optional(EntryId),
    rows: Type.Array(
      Type.Object(
        {
          id: EntryId,
          timestamp: Type.String(),
          lines: Type.String({ description: "how it hangs in the tree, drawn" }),
          kind: Type.String(),
          text: Type.String(),
          label: Text,
          isOnBranch: Type.Boolean(),
        },
        closed,
      ),
    ),
    omitted: Type.Integer({ minimum: 0, description: "entries that are older than these" }),
  },
  { ...closed, title: "Tree" },
);

/** Everything about one session that helps to tell why it does what it does. */
const Inspection = Type.Object(
  {
    sessionKey: SessionKey,
    sessionId: Type.String({ minLength: 1 }),
    lock: LockState,
    queue: Type.Object(
      {
        activeRunId: Type.Optional(RunId),
        waiting: Count,
        holder: Type.Optional(LaneHolder),
        problem: Type.Optional(
          Type.String({ description: "why a run cannot begin, or its end is not on disk yet" }),
        ),
      },
      closed,
    ),
    doctor: Diagnosis,
    tree: Type.Optional(Tree),
  },
  { ...closed, title: "Inspection" },
);
export type Inspection = Static<typeof Inspection>;

export const SessionsInspectResult = Type.Object({ session: Type.Union([Inspection, Type.Null()]) }, closed);
