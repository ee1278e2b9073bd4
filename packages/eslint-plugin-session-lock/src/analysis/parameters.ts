import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { staticName, type Node } from "./syntax.ts";
import type { Place } from "./tags.ts";

/** A name that a function's parameters bind, and where it stands in the arguments. */
export interface Parameter {
  readonly name: TSESTree.Identifier;
  readonly place: Extract<Place, { kind: "parameter" }>;
}

/** Every name that the parameters of a function bind, destructured ones included. */
export function parametersOf({ params }: { readonly params: readonly Node[] }): readonly Parameter[] {
  return params.flatMap((parameter, index) => namesIn(parameter, index, []));
}

export function findParameter(node: { readonly params: readonly Node[] }, name: string): Place | undefined {
  return parametersOf(node).find((parameter) => parameter.name.name === name)?.place;
}

function namesIn(pattern: Node, index: number, properties: readonly string[]): readonly Parameter[] {
  switch (pattern.type) {
    case AST_NODE_TYPES.Identifier:
      return [{ name: pattern, place: { kind: "parameter", index, properties } }];
    case AST_NODE_TYPES.AssignmentPattern:
      return namesIn(pattern.left, index, properties);
    case AST_NODE_TYPES.TSParameterProperty:
      return namesIn(pattern.parameter, index, properties);
    case AST_NODE_TYPES.ObjectPattern:
      return pattern.properties.flatMap((property) => {
        if (property.type === AST_NODE_TYPES.RestElement)
          return namesIn(property.argument, index, properties);
        const name = staticName(property.key, property.computed);
        return name === undefined ? [] : namesIn(property.value, index, [...properties, name]);
      });
    default:
      return [];
  }
}
