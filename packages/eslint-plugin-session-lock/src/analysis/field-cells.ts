import { nodeKey, type ClassNode } from "./syntax.ts";

/** The cell that holds a field of the instances of a class of this file. */
export function fieldCell(node: ClassNode, name: string): string {
  return `${nodeKey(node)}#${name}`;
}

/** The cell that holds a field of the class itself. */
export function staticCell(node: ClassNode, name: string): string {
  return fieldCell(node, `static ${name}`);
}
