import type { JSONSchema4 } from "@typescript-eslint/utils/json-schema";
import type {
  AcquireSpec,
  AssertSpec,
  ExportName,
  ManagerSpec,
  RawReadSpec,
  RawWriteSpec,
  ReleaserSpec,
  Vocabulary,
  WrapperSpec,
} from "./analysis/vocabulary.ts";
import { readSummaries, type Summaries } from "./summaries.ts";
import { defaultPresets, presets, type PresetName } from "./presets/catalog.ts";
import { fileSystemReads, fileSystemWrites } from "./presets/file-system.ts";

/** `settings["session-lock"]`, and the options of every rule: a rule's own options replace the settings of the same name. */
export interface SessionLockSettings {
  /** Libraries whose names are known. Default: `["session-lock", "pi"]`. */
  readonly presets?: readonly PresetName[];
  /** Session manager classes, besides those of the presets. */
  readonly managers?: readonly ManagerSpec[];
  /** Functions that acquire the write lock, besides those of the presets. */
  readonly acquire?: readonly AcquireSpec[];
  /** Functions that run a callback under the write lock, besides those of the presets. */
  readonly wrappers?: readonly WrapperSpec[];
  /** Functions that give back their first argument, perhaps guarded, besides those of the presets. */
  readonly identities?: readonly ExportName[];
  /** Functions that run their callbacks before they return, or before their promise settles. */
  readonly immediateInvokers?: readonly ExportName[];
  /** Functions that release a lock which is passed to them, or the lock of a file. */
  readonly releasers?: readonly ReleaserSpec[];
  /** Functions that throw unless the lock is held. */
  readonly asserts?: readonly AssertSpec[];
  /** Functions that write a session file past its manager, besides those of `node:fs`. */
  readonly sinks?: readonly RawWriteSpec[];
  /** Functions that read a session file past its manager, besides those of `node:fs`. */
  readonly readers?: readonly RawReadSpec[];
  /** What `session-lock-lint --write-summaries` wrote: the file, relative to the working folder, or its content. */
  readonly summaries?: string | Summaries;
  /** Calls that take long, besides `fetch` and sleeping. */
  readonly slowCalls?: readonly ExportName[];
  /** Variables and properties that hold the name of a session file. Default: `["sessionFile", "transcriptPath"]`. */
  readonly fileNames?: readonly string[];
  /** A function whose name ends like this is called with the lock held; empty: none. Default: `Locked`. */
  readonly callerLockedSuffix?: string;
  /** `same`: holding the lock of another file is reported. `any`: any lock will do. Default: `same`. */
  readonly resourceMatch?: "same" | "any";
  /** `require`: managers that were handed to a class are checked as well. Default: `ignore`. */
  readonly thisFields?: "ignore" | "require";
  /**
   * `infer`: a parameter is a manager if its type says so, or a call in the file hands it one. `annotate`: also if a
   * manager's writing method is called on it. `ignore`: managers that are handed in are not checked. Default: `infer`.
   */
  readonly parameters?: "infer" | "annotate" | "ignore";
  /** Ask the type checker, where the parser brings one. Default: false. */
  readonly types?: boolean;
}

const exportName = {
  from: {
    type: "string",
    description: "Module specifier; one that starts with `./` is a file of the project.",
  },
  name: { type: "string", description: "Exported name." },
} as const;
const names = { type: "array", items: { type: "string" } } as const;

function listOf(properties: Record<string, JSONSchema4>, description: string): JSONSchema4 {
  return {
    type: "array",
    description,
    items: {
      type: "object",
      properties: { ...exportName, ...properties },
      required: ["from", "name"],
      additionalProperties: false,
    },
  };
}

/** The JSON schema of the settings, as every rule takes them. */
export const settingsProperties: Record<string, JSONSchema4> = {
  presets: {
    type: "array",
    items: { type: "string", enum: Object.keys(presets) },
    description: "Libraries whose names are known.",
  },
  managers: listOf(
    {
      open: { ...names, description: "Static methods that open an existing file." },
      fresh: { ...names, description: "Static methods that make a file nobody else knows." },
      memory: { ...names, description: "Static methods whose result never touches the disk." },
      writes: { ...names, description: "Instance methods that write." },
      openIsWrite: { type: "boolean", description: "`open` itself counts as a write." },
      snapshot: { type: "boolean", description: "What an instance has read can be out of date." },
    },
    "Session manager classes, besides those of the presets.",
  ),
  acquire: listOf(
    {
      resource: { type: ["string", "integer"], description: "Where the file stands in the call." },
      returns: { type: "string", enum: ["handle", "release", "pair"], description: "What the call gives." },
      release: { ...names, description: "Methods of the handle that release." },
      sync: {
        type: ["boolean", "string"],
        description: "It returns at once; if the lock is taken it gives `undefined`, or throws.",
      },
      handleType: { type: "string", description: "Exported type of the handle." },
      anyFile: { type: "boolean", description: "It locks files of all kinds, not those of sessions only." },
    },
    "Functions that acquire the write lock, besides those of the presets.",
  ),
  wrappers: listOf(
    {
      resource: { type: ["string", "integer"], description: "Where the file stands in the call." },
      callback: { type: "integer", description: "Index of the callback; -1 is the last argument." },
      reentrant: {
        type: "boolean",
        description: "An acquire of the same file inside the callback re-enters.",
      },
    },
    "Functions that run a callback under the write lock, besides those of the presets.",
  ),
  identities: listOf({}, "Functions that give back their first argument, besides those of the presets."),
  immediateInvokers: listOf({}, "Functions that run their callbacks before they return or settle."),
  releasers: listOf(
    { resource: { type: ["string", "integer"], description: "Where the file stands in the call." } },
    "Functions that release a lock which is passed to them, or the lock of a file.",
  ),
  asserts: listOf(
    { resource: { type: ["string", "integer"], description: "Where the file stands in the call." } },
    "Functions that throw unless the lock is held.",
  ),
  sinks: listOf(
    {
      resource: { type: ["string", "integer"], description: "Where the file stands in the call." },
      rewrites: { type: "boolean", description: "It replaces what the file holds." },
    },
    "Functions that write a session file past its manager, besides those of `node:fs`.",
  ),
  readers: listOf(
    { resource: { type: ["string", "integer"], description: "Where the file stands in the call." } },
    "Functions that read a session file past its manager, besides those of `node:fs`.",
  ),
  summaries: {
    type: ["string", "object"],
    description: "What `session-lock-lint --write-summaries` wrote: the file or its content.",
  },
  slowCalls: listOf({}, "Calls that take long, besides `fetch` and sleeping."),
  fileNames: { ...names, description: "Variables and properties that hold the name of a session file." },
  callerLockedSuffix: {
    type: "string",
    description: "A function whose name ends like this is called with the lock held.",
  },
  resourceMatch: {
    type: "string",
    enum: ["same", "any"],
    description: "Whether the lock of another file counts.",
  },
  thisFields: {
    type: "string",
    enum: ["ignore", "require"],
    description: "Whether managers that were handed to a class are checked.",
  },
  parameters: {
    type: "string",
    enum: ["infer", "annotate", "ignore"],
    description: "When a parameter counts as a manager that the callers must lock for.",
  },
  types: { type: "boolean", description: "Ask the type checker, where the parser brings one." },
};

/** The vocabulary that settings describe. */
export function vocabularyOf(settings: SessionLockSettings): Vocabulary {
  const {
    presets: chosen = defaultPresets,
    managers = [],
    acquire = [],
    wrappers = [],
    identities = [],
    immediateInvokers = [],
    releasers = [],
    slowCalls = [],
    asserts = [],
    summaries,
    sinks = [],
    readers = [],
    fileNames = ["sessionFile", "transcriptPath"],
    callerLockedSuffix = "Locked",
    resourceMatch = "same",
    thisFields = "ignore",
    parameters = "infer",
    types = false,
  } = settings;
  const known = chosen.map((name) => presets[name]);
  const { contracts, aliases, managers: found = [] } = readSummaries(summaries);
  return {
    managers: [...known.flatMap((preset) => preset.managers ?? []), ...managers, ...found],
    acquires: [...known.flatMap((preset) => preset.acquires ?? []), ...acquire],
    wrappers: [...known.flatMap((preset) => preset.wrappers ?? []), ...wrappers],
    mutexes: known.flatMap((preset) => preset.mutexes ?? []),
    identities: [...known.flatMap((preset) => preset.identities ?? []), ...identities],
    immediate: immediateInvokers,
    releasers: [...known.flatMap((preset) => preset.releasers ?? []), ...releasers],
    slow: [...slowGlobals, ...slowCalls],
    asserts,
    contracts,
    aliases,
    rawWrites: [...fileSystemWrites, ...sinks],
    rawReads: [...fileSystemReads, ...readers],
    fileNames,
    lockedSuffix: callerLockedSuffix,
    resourceMatch,
    thisFields,
    parameters,
    types,
  };
}

const slowGlobals: readonly ExportName[] = [
  { from: "globalThis", name: "fetch" },
  { from: "node:timers/promises", name: "setTimeout" },
];
