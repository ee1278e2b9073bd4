import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { declarationStart, type Annotation } from "./annotations.ts";
import type { FileRef } from "./file-ref.ts";
import { nameOf } from "./relevance.ts";
import { cellOf, type ScopeIndex } from "./resolve.ts";
import type { FunctionNode } from "./syntax.ts";
import type { LockValue } from "./values.ts";

/** What a function says of itself in its JSDoc or its name. */
export interface Contract {
  /** The lock that its callers hold: `@requires-session-lock`, or the name's ending. */
  readonly requires: LockValue | undefined;
  /** True if the annotation demands it, so that calls are checked even where no write is seen. */
  readonly isAnnotated: boolean;
  /** True if the analysis keeps out: `@no-session-lock-analysis`. */
  readonly isSkipped: boolean;
}

/** Reads the contract of each function once. */
export class Contracts {
  readonly #scope: ScopeIndex;
  readonly #suffix: string;
  readonly #byTarget = new Map<number, Annotation[]>();
  readonly #known = new Map<FunctionNode, Contract>();

  constructor(scope: ScopeIndex, annotations: readonly Annotation[], suffix: string) {
    this.#scope = scope;
    this.#suffix = suffix;
    for (const annotation of annotations) {
      this.#byTarget.set(annotation.target, [...(this.#byTarget.get(annotation.target) ?? []), annotation]);
    }
  }

  of(node: FunctionNode): Contract {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const annotations = this.#byTarget.get(declarationStart(node)) ?? [];
    const required = annotations.find(({ tag }) => tag === "requires-session-lock");
    const name = nameOf(node);
    const isNamed =
      name?.type === AST_NODE_TYPES.Identifier && this.#suffix !== "" && name.name.endsWith(this.#suffix);
    const contract: Contract = {
      requires: required !== undefined || isNamed ? this.#lockOf(node, required?.argument ?? "") : undefined,
      isAnnotated: required !== undefined,
      isSkipped: annotations.some(({ tag }) => tag === "no-session-lock-analysis"),
    };
    this.#known.set(node, contract);
    return contract;
  }

  #lockOf(node: FunctionNode, path: string): LockValue {
    return {
      kind: "lock",
      site: node,
      file: this.#fileOf(node, path),
      spec: { from: "", name: "" },
    };
  }

  /** `@requires-session-lock params.sessionFile` names a parameter; without a path, or with another, any file will do. */
  #fileOf(node: FunctionNode, path: string): FileRef | undefined {
    const [root, ...properties] = path.split(".");
    const parameter = node.params.find((one) => one.type === AST_NODE_TYPES.Identifier && one.name === root);
    const variable = parameter === undefined ? undefined : this.#scope.variableOf(parameter);
    return variable === undefined
      ? undefined
      : { kind: "path", root: cellOf(variable), properties, given: true };
  }
}
