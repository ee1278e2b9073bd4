import type { Contract } from "./contracts.ts";

/** An export of a module: exact names, never patterns. */
export interface ExportName {
  /**
   * Module specifier as it is imported. One that starts with `./` is a file of the project, relative to the folder
   * ESLint runs in, and matches every relative import that leads to that file.
   */
  readonly from: string;
  /** Exported name; `default` for the default export. */
  readonly name: string;
}

/** A class whose instances write a session file. */
export interface ManagerSpec extends ExportName {
  /** Static methods that open an existing file; the first argument is the file. Default: `["open"]`. */
  readonly open?: readonly string[];
  /** Static methods that make a new file nobody else knows. Default: `["create", "forkFrom"]`. */
  readonly fresh?: readonly string[];
  /** Static methods whose result never touches the disk. Default: `["inMemory"]`. */
  readonly memory?: readonly string[];
  /** Instance methods that write. Default: every mutator of pi's and OpenClaw's session managers. */
  readonly writes?: readonly string[];
  /** True if `open` itself counts as a write. Default: false. */
  readonly openIsWrite?: boolean;
  /** False if the instance reads the file again at each write, so that one opened before the lock is safe. Default: true. */
  readonly snapshot?: boolean;
}

/** A function that takes the write lock and hands something back that releases it. */
export interface AcquireSpec extends ExportName {
  /** Where the file stands: the index of an argument, or the property of the first argument. Default: `"sessionFile"`. */
  readonly resource?: string | number;
  /**
   * `handle`: an object with release methods; `release`: the release function itself; `pair`: a list of a value and the
   * release function. Default: `"handle"`.
   */
  readonly returns?: "handle" | "release" | "pair";
  /** Methods of the handle that release. Default: `["release"]`. */
  readonly release?: readonly string[];
  /**
   * `true`: it returns the handle, or `undefined`, at once instead of a promise. `"throws"`: it returns the handle at
   * once or throws. Default: false.
   */
  readonly sync?: boolean | "throws";
  /** Exported type of the handle; a parameter of that type holds the lock. */
  readonly handleType?: string;
  /** True if it locks files of all kinds: holding it does not say that the file is a session's. Default: false. */
  readonly anyFile?: boolean;
}

/** A function that runs a callback under the write lock. */
export interface WrapperSpec extends ExportName {
  /** Index of the argument that names the file, or a property of the first argument. Default: `0`. */
  readonly resource?: string | number;
  /** Index of the callback; `-1` is the last argument. Default: `1`. */
  readonly callback?: number;
  /** True if an acquire of the same file inside the callback re-enters. Default: true. */
  readonly reentrant?: boolean;
}

/** A wrapper whose options may ask for less than exclusion: `{ mode: "shared" }`, `{ ifAvailable: true }`. */
export interface ModalWrapperSpec extends WrapperSpec {
  readonly hasModes?: true;
}

/** A function that releases a lock which is passed to it, or the lock of a file. */
export interface ReleaserSpec extends ExportName {
  /** Where the file stands: the index of an argument, or the property of the first argument. Default: a lock is passed. */
  readonly resource?: string | number;
}

/** A class whose instances are locks, each for the file its author has in mind. */
export interface MutexSpec extends ExportName {
  /** Methods whose promise gives what releases. Default: `["acquire"]`. */
  readonly acquire?: readonly string[];
  /** What that is: the function, or a pair of a value and the function. Default: `"release"`. */
  readonly gives?: "release" | "pair";
  /** True if its constructor is told how many may hold it: it excludes only if that is written as 1. Default: false. */
  readonly counts?: boolean;
  /** Methods that run their first argument under the lock. Default: `["runExclusive"]`. */
  readonly run?: readonly string[];
  /** Methods that release. Default: `["release"]`. */
  readonly release?: readonly string[];
}

/** A function that throws unless the write lock is held. */
export interface AssertSpec extends ExportName {
  /** Where the file stands: the index of an argument, or the property of the first argument. Default: any file. */
  readonly resource?: string | number;
}

/** A function that writes a file without a session manager. */
export interface RawWriteSpec extends ExportName {
  /** Where the file stands: the index of an argument, or the property of the first argument. Default: `0`. */
  readonly resource?: string | number;
  /** True if it replaces what the file holds, so that what was read of it must be up to date. Default: false. */
  readonly rewrites?: boolean;
  /** Index of a second argument that names a file: that one is no longer there after the call. Default: none. */
  readonly moves?: number;
  /** Index of the flags that say if the file is opened for writing. Default: it always writes. */
  readonly flags?: number;
  /** True if it writes files of every kind, so that only those known to be session files count. Default: false. */
  readonly anyFile?: boolean;
}

/** A function that reads a file without a session manager. */
export interface RawReadSpec extends ExportName {
  /** Where the file stands: the index of an argument, or the property of the first argument. Default: `0`. */
  readonly resource?: string | number;
  /** True if it reads files of every kind. Default: false. */
  readonly anyFile?: boolean;
}

/** A function of another file, with what is known of it there. */
export interface ContractSpec extends ExportName {
  readonly contract: Contract;
}

/** An export that hands on one of another module. */
export interface AliasSpec extends ExportName {
  readonly of: ExportName;
}

/** What the analysis takes as known about the outside world. */
export interface Vocabulary {
  readonly managers: readonly ManagerSpec[];
  readonly acquires: readonly AcquireSpec[];
  readonly wrappers: readonly ModalWrapperSpec[];
  /** Classes whose instances are locks. */
  readonly mutexes: readonly MutexSpec[];
  /** Functions that give back their first argument, perhaps changed. */
  readonly identities: readonly ExportName[];
  /** Functions that release a lock which is passed to them, or the lock of a file. */
  readonly releasers: readonly ReleaserSpec[];
  /** Functions that throw unless the lock is held. */
  readonly asserts: readonly AssertSpec[];
  /** Functions of other files that are called as their contract says. */
  readonly contracts: readonly ContractSpec[];
  /** Exports that stand for others. */
  readonly aliases: readonly AliasSpec[];
  /** Functions that write a file whose name they are given. */
  readonly rawWrites: readonly RawWriteSpec[];
  /** Functions that read a file whose name they are given. */
  readonly rawReads: readonly RawReadSpec[];
  /** Variables and properties that hold the name of a session file. */
  readonly fileNames: readonly string[];
  /** A function whose name ends like this is called with the lock held; empty: none. */
  readonly lockedSuffix: string;
  /** Calls that take long: model, network, sleep, hooks. */
  readonly slow: readonly ExportName[];
  /** Functions that run their callbacks before they return, or before the promise they return settles. */
  readonly immediate: readonly ExportName[];
  /** `same`: holding the lock of another file is reported. `any`: any lock will do. */
  readonly resourceMatch: "same" | "any";
  /** `require`: fields that were handed to a class count as shared. `ignore`: they do not. */
  readonly thisFields: "ignore" | "require";
  /**
   * `infer`: a parameter is a manager if its type says so, or a call in the file hands it one. `annotate`: also if a
   * manager's writing method is called on it. `ignore`: a manager that is handed in is its owner's business.
   */
  readonly parameters: "infer" | "annotate" | "ignore";
  /** True to ask the type checker, where the parser brings one. */
  readonly types: boolean;
}

/** An export that the vocabulary knows. */
export type Api =
  | { readonly kind: "manager"; readonly spec: Required<ManagerSpec> }
  | { readonly kind: "acquire"; readonly spec: AcquireSpec }
  | { readonly kind: "wrapper"; readonly spec: ModalWrapperSpec }
  | { readonly kind: "slow"; readonly spec: ExportName }
  | { readonly kind: "releaser"; readonly spec: ReleaserSpec }
  | { readonly kind: "raw-write"; readonly spec: RawWriteSpec }
  | { readonly kind: "raw-read"; readonly spec: RawReadSpec }
  | { readonly kind: "mutex"; readonly spec: MutexSpec }
  | { readonly kind: "identity"; readonly spec: ExportName }
  | {
      readonly kind: "contract";
      readonly spec: ContractSpec;
      /** The class of the manager that the function opens. */
      readonly opened?: Required<ManagerSpec> | undefined;
    }
  | { readonly kind: "asserter"; readonly spec: AssertSpec }
  | { readonly kind: "immediate"; readonly spec: ExportName }
  | { readonly kind: "lock-type"; readonly spec: AcquireSpec };

/** Every method of pi's session manager, and of the managers derived from it, that can write the file. */
const mutators: readonly string[] = [
  "appendMessage",
  "appendThinkingLevelChange",
  "appendModelChange",
  "appendCompaction",
  "appendCustomEntry",
  "appendSessionInfo",
  "appendCustomMessageEntry",
  "appendLabelChange",
  "branchWithSummary",
  "createBranchedSession",
  "setSessionFile",
  "_persist",
  "_rewriteFile",
  "_appendEntry",
  "removeTrailingEntries",
  "mergePromptReleasedSessionEntries",
  "flushPendingPersistence",
  "persistRecord",
  "rewriteFile",
];

/** The names of writing methods that matter by themselves, where types or the settings say whose they are. */
export function methodWords({ managers, types, parameters }: Vocabulary): readonly string[] {
  return types || parameters === "annotate" ? managers.flatMap((spec) => completeManager(spec).writes) : [];
}

/** The methods of a handle that release it; disposing of it always does. */
export function releaseMethods({ release = ["release"] }: AcquireSpec): readonly string[] {
  return [...release, "[dispose]"];
}

/** A manager class with every default filled in. */
export function completeManager(spec: ManagerSpec): Required<ManagerSpec> {
  const {
    open = ["open"],
    fresh = ["create", "forkFrom"],
    memory = ["inMemory"],
    writes = mutators,
    openIsWrite = false,
    snapshot = true,
  } = spec;
  return { from: spec.from, name: spec.name, open, fresh, memory, writes, openIsWrite, snapshot };
}
