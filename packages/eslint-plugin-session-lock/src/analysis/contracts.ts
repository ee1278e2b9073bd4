import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { overloadsOf, startOf, type Annotation } from "./annotations.ts";
import { nameOf } from "./reach.ts";
import { findParameter } from "./parameters.ts";
import { headOf, type Signature } from "./signatures.ts";
import type { FunctionNode } from "./syntax.ts";
import type { ManagerValue } from "./values.ts";
import type { AcquireSpec, ExportName } from "./vocabulary.ts";
import {
  isLockTag,
  readPlace,
  readWrapper,
  type FindParameter,
  type Place,
  type WrapperClaim,
} from "./tags.ts";

/** A lock that a function speaks of, by the file it is for; without one, the lock of any file. */
export interface Claim {
  readonly file: Place | undefined;
}

/** A lock that a function hands to its caller, and the form in which it does. */
export interface AcquireClaim extends Claim, Pick<AcquireSpec, "returns" | "release" | "sync"> {}

/** A manager that a function opens for its caller. */
export interface OpenClaim extends Claim {
  readonly manager: ExportName;
  readonly origin: ManagerValue["origin"];
  readonly isAsync: boolean;
}

/**
 * What is known of a function wherever it is called: what it says in its JSDoc or its name, or, of one in another file,
 * what its body was seen to do.
 */
export interface Contract {
  /** The lock that its callers hold: `@requires-session-lock`, or the name's ending. */
  readonly requires?: Claim;
  /** The lock that it hands to its caller: `@acquires-session-lock`. */
  readonly acquires?: AcquireClaim;
  /** The lock among its arguments that it releases: `@releases-session-lock`. */
  readonly releases?: { readonly lock: Place | undefined };
  /** The lock that is held when it returns, or else it throws: `@asserts-session-lock`. */
  readonly asserts?: Claim;
  /** It runs a callback under the lock: `@session-lock-wrapper`. */
  readonly wrapper?: WrapperClaim;
  /** The file that nobody else writes: `@owns-session-file`. */
  readonly owns?: Claim;
  /** The manager that it opens. */
  readonly opens?: OpenClaim;
  /** The argument that it gives back. */
  readonly returns?: Place;
  /** Of a type instead of a function: what its members say. One of a function has none, and says the rest itself. */
  readonly members?: Readonly<Record<string, Contract>>;
  /** True if a tag says how it is called, so that its calls are judged by the tag, not by the body. */
  readonly isAnnotated: boolean;
  /** True if the analysis keeps out: `@no-session-lock-analysis`. */
  readonly isSkipped: boolean;
}

export const noContract: Contract = { isAnnotated: false, isSkipped: false };

/** Reads tags into a contract; what is behind a tag and cannot be read counts as nothing. */
export function readContract(
  tags: readonly Pick<Annotation, "tag" | "argument">[],
  find: FindParameter,
): Contract {
  let contract = noContract;
  for (const { tag, argument } of tags) {
    if (!isLockTag(tag)) continue;
    const read = readPlace(argument, find);
    const file = read.kind === "place" ? read.place : undefined;
    switch (tag) {
      case "requires-session-lock":
        contract = { ...contract, requires: { file }, isAnnotated: true };
        break;
      case "acquires-session-lock":
        contract = { ...contract, acquires: { file }, isAnnotated: true };
        break;
      case "releases-session-lock":
        contract = { ...contract, releases: { lock: file }, isAnnotated: true };
        break;
      case "asserts-session-lock":
        contract = { ...contract, asserts: { file }, isAnnotated: true };
        break;
      case "session-lock-wrapper": {
        const wrapper = readWrapper(argument, find);
        if (wrapper.kind === "wrapper") contract = { ...contract, wrapper: wrapper.claim, isAnnotated: true };
        break;
      }
      case "owns-session-file":
        contract = { ...contract, owns: { file }, isAnnotated: true };
        break;
      case "no-session-lock-analysis":
        contract = { ...contract, isSkipped: true };
    }
  }
  return contract;
}

/** True for the written type of a handle itself, not of a promise. */
export function givesAtOnce(type: TSESTree.TypeNode | undefined): boolean {
  if (type === undefined) return false;
  const isPromise =
    type.type === AST_NODE_TYPES.TSTypeReference &&
    type.typeName.type === AST_NODE_TYPES.Identifier &&
    ["Promise", "PromiseLike"].includes(type.typeName.name);
  return !isPromise;
}

/** Reads the contract of each function once. */
export class Contracts {
  readonly #suffix: string;
  readonly #byTarget = new Map<number, Annotation[]>();
  readonly #known = new Map<FunctionNode, Contract>();

  constructor(annotations: readonly Annotation[], suffix: string) {
    this.#suffix = suffix;
    for (const annotation of annotations) {
      this.#byTarget.set(annotation.target, [...(this.#byTarget.get(annotation.target) ?? []), annotation]);
    }
  }

  of(node: FunctionNode): Contract {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const heads = this.#byTarget.size === 0 ? [] : [node, ...overloadsOf(node)];
    const written = this.#read(heads);
    const contract =
      written.requires === undefined && this.#isNamed(node)
        ? { ...written, requires: { file: undefined } }
        : written;
    this.#known.set(node, contract);
    return contract;
  }

  /** What is written before declarations of one function that have no body; `undefined` if nothing is. */
  ofSignatures(nodes: readonly Signature[]): Contract | undefined {
    if (this.#byTarget.size === 0) return undefined;
    const contract = this.#read(nodes);
    if (!contract.isAnnotated) return undefined;
    const { acquires } = contract;
    const isSync = acquires !== undefined && nodes.some((node) => givesAtOnce(headOf(node)?.returnType));
    return isSync ? { ...contract, acquires: { ...acquires, sync: true } } : contract;
  }

  #read(nodes: readonly (FunctionNode | Signature)[]): Contract {
    const annotations = nodes.flatMap((node) => this.#byTarget.get(startOf(node)) ?? []);
    if (annotations.length === 0) return noContract;
    const heads = nodes.map((node) => ({ params: headOf(node)?.params ?? [] }));
    return readContract(annotations, (name) =>
      heads.map((head) => findParameter(head, name)).find((found) => found !== undefined),
    );
  }

  #isNamed(node: FunctionNode): boolean {
    const name = nameOf(node);
    return (
      this.#suffix !== "" && name?.type === AST_NODE_TYPES.Identifier && name.name.endsWith(this.#suffix)
    );
  }
}
