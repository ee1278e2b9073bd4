import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { analyze, type SourceFile } from "./analyze.ts";
import { readAnnotations } from "./annotations.ts";
import { indexVocabulary } from "./api-index.ts";
import { Contracts, noContract, type Contract } from "./contracts.ts";
import { readExports, type ExportedCode } from "./exports.ts";
import { Facts } from "./facts.ts";
import { inferContract } from "./infer-contract.ts";
import { inferManager } from "./infer-manager.ts";
import { contractsOfMembers } from "./inherited-contracts.ts";
import { ScopeIndex } from "./resolve.ts";
import { membersOfType } from "./signatures.ts";
import type { ClassNode, Node } from "./syntax.ts";
import type { ExportName, ManagerSpec, Vocabulary } from "./vocabulary.ts";

/** A class that other files use as a session manager. */
type ExportedManager = Omit<ManagerSpec, keyof ExportName>;

/** What other files get from a module, as far as locks are concerned. */
export interface ModuleExports extends Pick<ExportedCode, "handedOn" | "all" | "imports"> {
  /** Functions that say what they do to the lock, or were seen to do something. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Classes that write a session file. */
  readonly managers: ReadonlyMap<string, ExportedManager>;
}

/**
 * Reads what the exported functions of a file say of themselves. If it has an API of locks or managers, it is
 * run, to see what the others do, and the classes.
 */
export function inferExports(file: SourceFile, vocabulary: Vocabulary, hasApi: boolean): ModuleExports {
  const scope = new ScopeIndex(file.scopeManager);
  const { functions, classes, signatures, types, ...others } = readExports(file, scope);
  const declared = new Contracts(readAnnotations(file.text, file.comments), vocabulary.lockedSuffix);
  const facts = new Facts();
  if (hasApi) analyze(file, vocabulary, facts);
  const find = indexVocabulary(vocabulary, file.resolveSetting);
  const around = {
    scope,
    facts,
    apiOf: (from: string, name: string) => find(file.resolveImport(from), name),
    contractOf: (node: Parameters<Contracts["of"]>[0]) => declared.of(node),
  };
  const managers = new Map<string, ExportedManager>();
  for (const [name, node] of classes) {
    const manager = inferManager(node, around);
    if (manager !== undefined) managers.set(name, manager);
  }
  const managerName = (node: ClassNode): string | undefined =>
    [...managers.keys()].find((name) => classes.get(name) === node);
  const contracts = new Map<string, Contract>();
  for (const [name, node] of functions) {
    const said = declared.of(node);
    const isSaid = said.isAnnotated || said.requires !== undefined;
    const contract = isSaid
      ? { ...said, isAnnotated: true }
      : said.isSkipped
        ? undefined
        : inferContract(node, scope, facts, managerName);
    if (contract !== undefined) contracts.set(name, contract);
  }
  for (const [name, nodes] of signatures) {
    const contract = functions.has(name) ? undefined : declared.ofSignatures(nodes);
    if (contract !== undefined) contracts.set(name, contract);
  }
  for (const [name, node] of types) {
    const contract = contractOfType(declared, node);
    if (contract !== undefined) contracts.set(name, contract);
  }
  return { ...others, contracts, managers };
}

/** What a type says of the functions that are of it, or of its members. */
function contractOfType(contracts: Contracts, node: Node): Contract | undefined {
  const own =
    node.type === AST_NODE_TYPES.TSTypeAliasDeclaration ? contracts.ofSignatures([node]) : undefined;
  if (own !== undefined) return { ...own, members: {} };
  const members = contractsOfMembers(contracts, membersOfType(node));
  return members.size === 0 ? undefined : { ...noContract, members: Object.fromEntries(members) };
}
