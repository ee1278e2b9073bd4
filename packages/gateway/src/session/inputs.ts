import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import { Type, type Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

/** The `custom` entry that makes a send durable before it is acknowledged. */
export const INPUT_ENTRY = "session-lock.input";
/** The `custom` entry that ends a run which left no text. */
export const RUN_END_ENTRY = "session-lock.run-end";

/** What an input entry holds in `data`. */
export const AcceptedInput = Type.Object({
  runId: Type.String({ minLength: 1 }),
  /** The user's words. */
  message: Type.String(),
  /** The images that came with them. */
  images: Type.Optional(
    Type.Array(Type.Object({ type: Type.Literal("image"), data: Type.String(), mimeType: Type.String() })),
  ),
  /** Milliseconds since the epoch. */
  acceptedAt: Type.Number(),
  thinking: Type.Optional(Type.String()),
  /** How it takes its place among other inputs. Default: `followup`. */
  queueMode: Type.Optional(Type.String()),
  /** The run is stopped after this long; counts from its start, or from when it joins another run. */
  timeoutMs: Type.Optional(Type.Integer({ minimum: 1 })),
  /** The gateway that acknowledged it, and that runs it as long as it lives. */
  gateway: Type.Optional(Type.String()),
});
export type AcceptedInput = Static<typeof AcceptedInput>;

/** Compiled: every history asks it of every input of its session. */
const acceptedInput = TypeCompiler.Compile(AcceptedInput);

/** The idempotency keys of a run's rows. Two rows never share one: the part after the last colon tells them apart. */
export const runKeys = {
  input: (runId: string): string => `${runId}:input`,
  user: (runId: string): string => `${runId}:user`,
  assistant: (runId: string): string => `${runId}:assistant`,
  end: (runId: string): string => `${runId}:end`,
  tool: (runId: string, row: string): string => `${runId}:tool-${row}`,
} as const;

/** The rows that a run's beginning and end are known by, as far as the entries have them. */
export function readProgress(entries: readonly SessionEntry[], runId: string): RunProgress {
  const own = new Set([runKeys.user(runId), runKeys.assistant(runId), runKeys.end(runId)]);
  const found = new Set(entries.map((entry) => idempotencyKeyOf(entry)).filter((key) => own.has(key ?? "")));
  const heard = found.delete(runKeys.user(runId));
  return { heard, ended: found.size > 0 };
}

/** How far a run has come, whoever ran it. */
export interface RunProgress {
  /** Whether the user's words are on the branch. */
  readonly heard: boolean;
  readonly ended: boolean;
}

/** What a transcript says about one accepted input. */
export interface InputRecord extends RunProgress {
  readonly entryId: string;
  readonly input: AcceptedInput;
}

/** The accepted inputs of a transcript in the order they were accepted. */
export function readInputs(entries: readonly SessionEntry[]): InputRecord[] {
  const accepted = new Map<string, { entryId: string; input: AcceptedInput }>();
  const keys = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "message" || (entry.type === "custom" && entry.customType === RUN_END_ENTRY)) {
      const key = idempotencyKeyOf(entry);
      if (key !== undefined) keys.add(key);
    } else if (
      entry.type === "custom" &&
      entry.customType === INPUT_ENTRY &&
      acceptedInput.Check(entry.data)
    ) {
      accepted.set(entry.data.runId, { entryId: entry.id, input: entry.data });
    }
  }
  return [...accepted.values()].map(({ entryId, input }) => ({
    entryId,
    input,
    heard: keys.has(runKeys.user(input.runId)),
    ended: keys.has(runKeys.assistant(input.runId)) || keys.has(runKeys.end(input.runId)),
  }));
}
