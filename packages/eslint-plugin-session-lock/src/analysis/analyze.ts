import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { findAnnotated, readAnnotations, type Annotation } from "./annotations.ts";
import { indexVocabulary } from "./api-index.ts";
import { worldsOfInstance } from "./classes.ts";
import { Closings } from "./closings.ts";
import { enterContract } from "./contract-bodies.ts";
import { Contracts } from "./contracts.ts";
import { Escapes } from "./escapes.ts";
import { evaluateExpression } from "./expressions.ts";
import type { Facts } from "./facts.ts";
import { Frame } from "./frame.ts";
import { contractsWithTypes } from "./inherited-contracts.ts";
import { runFunction } from "./invoke.ts";
import { leaveByReturn } from "./leaving.ts";
import { writeWith } from "./lock-effects.ts";
import type { Activation, Escape, Machine } from "./machine.ts";
import type { Finding } from "./observations.ts";
import type { TypeFacts } from "./receivers.ts";
import { classOf, isExported, isNamed, isReachable, isStatic } from "./reachable.ts";
import { Recorder } from "./recorder.ts";
import { findRelevance } from "./relevance.ts";
import { ScopeIndex } from "./resolve.ts";
import { StoredManagers } from "./stored-managers.ts";
import { executeStatement } from "./statements.ts";
import {
  enclosingFunction,
  isClass,
  isConstructor,
  isFunction,
  nodeKey,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "./syntax.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { World } from "./world.ts";
import { meet } from "./worlds.ts";
import type { Tree } from "./words.ts";

/** A file to analyse. Every node of the tree knows its parent. */
export interface SourceFile extends Tree {
  readonly comments: readonly TSESTree.Comment[];
  readonly scopeManager: TSESLint.Scope.ScopeManager;
  /** Gives a module name of the file's imports, and one of the vocabulary, the same form. */
  readonly resolveImport: (from: string) => string;
  readonly resolveSetting: (from: string) => string;
  /** What a type checker knows of the file, if one was asked for. */
  readonly types?: TypeFacts | undefined;
}

/** Evaluation steps per file, after which functions are no longer entered where they are called. */
const maxSteps = 200_000;

/**
 * Runs the file's code on all ways at once and gives what breaks the lock discipline, in the order of the text. `facts`
 * take in what its functions do for those who call them.
 */
export function analyze(file: SourceFile, vocabulary: Vocabulary, facts?: Facts): readonly Finding[] {
  const scope = new ScopeIndex(file.scopeManager);
  const find = indexVocabulary(vocabulary, file.resolveSetting);
  const apiOf: Machine["apiOf"] = (from, name) => find(file.resolveImport(from), name);
  const annotations = readAnnotations(file.text, file.comments);
  const contracts = new Contracts(annotations, vocabulary.lockedSuffix);
  const contractOf = contractsWithTypes(contracts, scope, apiOf);
  const { functions: declared, starts } = findAnnotated(file, annotations);
  const relevance = findRelevance(file, scope, vocabulary, apiOf, starts);
  if (relevance.isEmpty) return [];
  const escapes = new Escapes();
  const entered = new Set<Node>();
  const closings = new Closings();
  const instances = new Map<string, readonly World[]>();
  const openClasses = new Set<ClassNode>();
  const stored = new StoredManagers();
  const roots = new Set<FunctionNode>();
  const program: Activation = {
    key: "program",
    node: file.ast,
    self: undefined,
    calls: [],
    running: [],
    callback: undefined,
  };
  const machine: Machine = {
    scope,
    vocabulary,
    visitorKeys: file.visitorKeys,
    recorder: new Recorder(),
    facts,
    types: file.types,
    apiOf,
    contractOf,
    contractOfSignatures: (nodes) => contracts.ofSignatures(nodes),
    isRelevant: (node) => relevance.functions.has(node),
    remembers: relevance.remembers,
    matters: relevance.matters,
    textOf: (node) => file.text.slice(node.range[0], node.range[1]),
    evaluate: (node, world) => {
      machine.budget -= 1;
      return evaluateExpression(machine, node, world);
    },
    execute: (node, world) => executeStatement(machine, node, world),
    escape: (escape) => {
      escapes.add(escape);
    },
    store: (cell, value, world) => stored.store(cell, value, world),
    escapeClass: (node) => openClasses.add(node),
    escapeMethod: (method, to, world) => {
      if (method.receiver.kind !== "manager" || !method.receiver.spec.writes.includes(method.name)) return;
      const outer = machine.activation;
      machine.activation = { ...outer, callback: { to, held: world.held.length > 0 } };
      writeWith(machine, method.receiver, method, world.detached());
      machine.activation = outer;
    },
    enter: (node) => entered.add(node),
    close: (node, worlds) => {
      closings.add(node, worlds);
    },
    created: new Set(),
    instantiated: new Set(),
    selves: new Map(),
    awaited: new Set(),
    unbound: new Map(),
    reads: new Map(),
    returned: new Set(),
    frame: new Frame(),
    activation: program,
    budget: maxSteps,
  };

  machine.close(file.ast, machine.execute(file.ast, new World()));
  runEscapes();
  const functions = [...relevance.functions].sort((left, right) => left.range[0] - right.range[0]);
  // The instances of a class may leave the file by a function that stands behind its methods.
  for (let known = -1; known < openClasses.size;) {
    known = openClasses.size;
    for (const node of functions) if (!roots.has(node) && isRoot(node)) runRoot(node);
  }
  for (const node of machine.created) if (isClass(node) && isKnownOutside(node)) makeInstance(node);
  for (const node of functions) if (!entered.has(node) && !isNamed(scope, node)) runUnseen(node);
  for (const node of functions) if (!entered.has(node)) runUnseen(node);
  if (!stored.isEmpty) for (const node of roots) runStarts(node, (world) => stored.after(world));
  for (const annotation of annotations) reportNeedless(annotation);
  facts?.noteWrites(machine.recorder.writes);
  return machine.recorder.finish(machine.textOf);

  /** A demand on the callers, or a claim on a file, that nothing in the body has any use for. */
  function reportNeedless({ tag, target }: Annotation): void {
    const node = declared.get(target);
    if (node === undefined || !entered.has(node) || machine.budget <= 0) return;
    if (tag !== "requires-session-lock" && tag !== "owns-session-file") return;
    if (machine.recorder.isReliedOn(node)) return;
    const data = { tag, target: String(target) };
    machine.recorder.find({
      rule: "valid-lock-annotations",
      message: "needless",
      node,
      data,
      path: undefined,
    });
  }

  function isKnownOutside(node: ClassNode): boolean {
    return openClasses.has(node) || isExported(scope, node);
  }

  /** Others may make instances of the class: its fields are initialised then, with no lock held. */
  function makeInstance(node: ClassNode): void {
    if (machine.instantiated.has(node)) return;
    const [world = new World()] = closings.of(enclosingFunction(node));
    worldsOfInstance(machine, node, world.detached());
    runEscapes();
  }

  /** A function expression in code that no way leads to. */
  function isDead(node: FunctionNode): boolean {
    if (node.type === AST_NODE_TYPES.FunctionDeclaration || classOf(node) !== undefined) return false;
    const outer = enclosingFunction(node);
    if (isFunction(outer) && isDead(outer)) return true;
    const isOuterRun = outer.type === AST_NODE_TYPES.Program || entered.has(outer);
    return isOuterRun && !machine.created.has(node);
  }

  function runEscapes(): void {
    for (let escape = escapes.next(); escape !== undefined; escape = escapes.next()) {
      run(escape.node, escape, escape.world);
    }
  }

  /** A function that is called from outside, or says itself how it is called. */
  function isRoot(node: FunctionNode): boolean {
    const { requires, isAnnotated } = contractOf(node);
    return isAnnotated || requires !== undefined || isReachable(scope, node, openClasses);
  }

  /** A function that no code seen so far calls; unless all code was seen, nothing is known of its callers. */
  function runUnseen(node: FunctionNode): void {
    if (machine.budget > 0) runRoot(node);
  }

  function runRoot(node: FunctionNode): void {
    if (isDead(node) || contractOf(node).isSkipped) return;
    roots.add(node);
    // Where the methods of a class start, its constructor was run.
    const isRun = isConstructor(node) && !contractOf(node).isAnnotated;
    runStarts(node, (world) => (isRun ? [] : [world]));
  }

  /** Runs a function by itself, in what becomes of the worlds around it. */
  function runStarts(node: FunctionNode, change: (world: World) => readonly World[]): void {
    const outer = closings.of(enclosingFunction(node));
    const worlds = outer.length === 0 ? [new World()] : outer.slice(0, maxRootWorlds);
    const owner = classOf(node);
    const ofClass = owner === undefined || isStatic(node);
    const self: Activation["self"] =
      owner === undefined ? undefined : { kind: ofClass ? "class" : "instance", node: owner };
    const starts = ofClass ? worlds : worlds.flatMap((world) => startsOf(owner, world));
    for (const start of meet(starts).slice(0, maxRootWorlds))
      for (const world of change(start)) run(node, { self }, world.detached());
    runEscapes();
  }

  /** Every method of a class starts where its constructor ended: that is run once. */
  function startsOf(owner: ClassNode, world: World): readonly World[] {
    const key = `${nodeKey(owner)} ${world.key}`;
    const known = instances.get(key);
    if (known !== undefined) return known;
    const starts = worldsOfInstance(machine, owner, world);
    instances.set(key, starts);
    return starts;
  }

  function run(node: FunctionNode, start: Pick<Escape, "self"> & Partial<Escape>, world: World): void {
    const { self = machine.selves.get(node), callback, calls = [], args = [] } = start;
    const key = String(node.range[0]);
    const activation: Activation = { key, node, self, calls, running: [node], callback };
    if (contractOf(node).isSkipped) return;
    const entered = enterContract(machine, node, activation, world);
    const given = entered.args.length > 0 ? entered.args : args;
    const { returns } = runFunction(machine, node, activation, given, entered.world, undefined);
    if (callback === undefined && calls.length === 0) facts?.noteEnd(node, returns);
    leaveByReturn(machine, node, returns);
  }
}

/** A function is analysed from at most this many worlds of the code around it. */
const maxRootWorlds = 4;
