import { completeManager, type Api, type ExportName, type Vocabulary } from "./vocabulary.ts";

/** Finds what an export of a resolved module means. */
export type ApiIndex = (from: string, name: string) => Api | undefined;

type ResolveModule = (from: string) => string;

/** One index serves all files that are linted from one folder: to make it takes longer than to walk a short file. */
const indexes = new WeakMap<Vocabulary, WeakMap<ResolveModule, ApiIndex>>();

/** The index of a vocabulary whose module names are resolved in one way. */
export function indexVocabulary(vocabulary: Vocabulary, resolveModule: ResolveModule): ApiIndex {
  let ofVocabulary = indexes.get(vocabulary);
  if (ofVocabulary === undefined) indexes.set(vocabulary, (ofVocabulary = new WeakMap()));
  let index = ofVocabulary.get(resolveModule);
  if (index === undefined) ofVocabulary.set(resolveModule, (index = makeIndex(vocabulary, resolveModule)));
  return index;
}

function makeIndex(vocabulary: Vocabulary, resolveModule: ResolveModule): ApiIndex {
  const index = new Map<string, Api>();
  const find: ApiIndex = (from, name) => index.get(`${from}\n${name}`);
  const add = (spec: ExportName, name: string, api: Api): unknown =>
    index.set(`${resolveModule(spec.from)}\n${name}`, api);
  for (const spec of vocabulary.immediate) add(spec, spec.name, { kind: "immediate", spec });
  for (const spec of vocabulary.releasers) add(spec, spec.name, { kind: "releaser", spec });
  for (const spec of vocabulary.identities) add(spec, spec.name, { kind: "identity", spec });
  for (const spec of vocabulary.mutexes) add(spec, spec.name, { kind: "mutex", spec });
  for (const spec of vocabulary.asserts) add(spec, spec.name, { kind: "asserter", spec });
  for (const spec of vocabulary.rawReads) add(spec, spec.name, { kind: "raw-read", spec });
  for (const spec of vocabulary.rawWrites) add(spec, spec.name, { kind: "raw-write", spec });
  for (const spec of vocabulary.slow) add(spec, spec.name, { kind: "slow", spec });
  for (const spec of vocabulary.wrappers) add(spec, spec.name, { kind: "wrapper", spec });
  for (const spec of vocabulary.acquires) {
    add(spec, spec.name, { kind: "acquire", spec });
    if (spec.handleType !== undefined) add(spec, spec.handleType, { kind: "lock-type", spec });
  }
  for (const spec of vocabulary.managers) {
    add(spec, spec.name, { kind: "manager", spec: completeManager(spec) });
  }
  for (const spec of vocabulary.contracts) {
    const { opens } = spec.contract;
    const manager =
      opens === undefined ? undefined : find(resolveModule(opens.manager.from), opens.manager.name);
    const opened = manager?.kind === "manager" ? manager.spec : undefined;
    add(spec, spec.name, { kind: "contract", spec, opened });
  }
  for (const spec of vocabulary.aliases) {
    const api = find(resolveModule(spec.of.from), spec.of.name);
    if (api !== undefined) add(spec, spec.name, api);
  }
  return find;
}
