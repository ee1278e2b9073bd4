import type { TSESTree } from "@typescript-eslint/utils";
import { staticName, type ClassNode } from "./syntax.ts";

const known = new WeakMap<ClassNode, ReadonlyMap<string, readonly TSESTree.ClassElement[]>>();

/** The members of a class that have a name, in the order of the text. Code reads members far oftener than it has classes. */
export function membersNamed(node: ClassNode, name: string): readonly TSESTree.ClassElement[] {
  let byName = known.get(node);
  if (byName === undefined) known.set(node, (byName = index(node)));
  return byName.get(name) ?? [];
}

function index({ body }: ClassNode): ReadonlyMap<string, readonly TSESTree.ClassElement[]> {
  const byName = new Map<string, TSESTree.ClassElement[]>();
  for (const member of body.body) {
    const name = "key" in member ? staticName(member.key, member.computed) : undefined;
    const others = name === undefined ? undefined : byName.get(name);
    if (others !== undefined) others.push(member);
    else if (name !== undefined) byName.set(name, [member]);
  }
  return byName;
}
