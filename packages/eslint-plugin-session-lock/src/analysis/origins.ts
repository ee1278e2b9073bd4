import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import {
  isDefinition,
  isParameterProperty,
  isPattern,
  placesOfProperty,
  type PropertyPlace,
} from "./property-places.ts";
import { isForeignCallee, type KnownNames } from "./foreign-calls.ts";
import { endOfTemplate, isSessionName, nameOfArgument } from "./name-ends.ts";
import type { ScopeIndex } from "./resolve.ts";
import {
  isClass,
  isFunction,
  staticName,
  unwrap,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";
import { forEachChild, type Tree } from "./words.ts";

/** A value that comes from more places than this may come from anywhere. */
const maxPlaces = 300;

/** So does one that comes through more names of properties: the whole text is searched for each. */
const maxNames = 8;

/**
 * Follows the end of a path back to the texts and names that it may be: through variables, parameters and the calls that
 * give them, properties by their name, and what functions return. True if one of them is a session file's, or if the
 * value cannot be followed. It must never be false for a file that the interpreter takes for a transcript.
 */
export function mayBeSessionFile(tree: Tree, scope: ScopeIndex, names: KnownNames, start: Node): boolean {
  const seen = new Set<Node | Variable | string>();
  const queue: Node[] = [start];
  let searches = 0;
  const places = (name: string): readonly PropertyPlace[] => {
    searches += 1;
    return placesOfProperty(tree, name);
  };
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (seen.size > maxPlaces || searches > maxNames || visit(node) === "lost") return true;
  }
  return false;

  function visit(wrapped: Node): Traced {
    const node = unwrap(wrapped);
    switch (node.type) {
      case AST_NODE_TYPES.Literal:
        return isNamed(String(node.value));
      case AST_NODE_TYPES.TemplateLiteral: {
        const end = endOfTemplate(node);
        if (typeof end === "string") return isNamed(end);
        queue.push(end);
        return undefined;
      }
      case AST_NODE_TYPES.Identifier:
        return isNamed(node.name) ?? followVariable(scope.variableOf(node));
      case AST_NODE_TYPES.MemberExpression: {
        // A path that is read from an object is called like the property, whatever the object is called.
        const name = staticName(node.property, node.computed);
        if (name === undefined) queue.push(node.object);
        return followProperty(name);
      }
      case AST_NODE_TYPES.ConditionalExpression:
        queue.push(node.consequent, node.alternate);
        return undefined;
      case AST_NODE_TYPES.CallExpression:
        if (isForeignCallee(scope, names, node.callee))
          return isNamed(nameOfArgument(node.arguments.at(-1)) ?? "");
        pushReceiver(node.callee);
        break;
      case AST_NODE_TYPES.Property:
        if (node.parent.type !== AST_NODE_TYPES.ObjectPattern) break;
        queue.push(node.value);
        return followProperty(staticName(node.key, node.computed));
      case AST_NODE_TYPES.FunctionDeclaration:
      case AST_NODE_TYPES.FunctionExpression:
      case AST_NODE_TYPES.ArrowFunctionExpression:
        pushReturns(node.body);
        return undefined;
      default:
        if (isClass(node)) return "lost";
    }
    forEachChild(tree, node, (child) => queue.push(child));
    return undefined;
  }

  function isNamed(end: string): Traced {
    return isSessionName(names.fileNames, end) ? "lost" : undefined;
  }

  /** `f.call(…)` gives what the function does, `list.find(…)` what is in the list. */
  function pushReceiver(callee: Node): void {
    const inner = unwrap(callee);
    if (inner.type === AST_NODE_TYPES.MemberExpression) queue.push(inner.object);
  }

  function pushReturns(node: Node): void {
    if (node.type === AST_NODE_TYPES.ReturnStatement || node.type === AST_NODE_TYPES.YieldExpression) {
      if (node.argument !== null) queue.push(node.argument);
    } else if (node.type !== AST_NODE_TYPES.BlockStatement && isFunction(node.parent ?? node)) {
      queue.push(node); // the body of an arrow that is an expression
    }
    forEachChild(tree, node, (child) => {
      if (!isFunction(child) && !isClass(child)) pushReturns(child);
    });
  }

  function followVariable(variable: Variable | undefined): Traced {
    if (variable === undefined || seen.has(variable)) return undefined;
    seen.add(variable);
    for (const { identifier, init, writeExpr } of variable.references) {
      if (writeExpr === undefined || writeExpr === null || init === true) continue;
      if (identifier.parent.type !== AST_NODE_TYPES.AssignmentExpression) return "lost";
      queue.push(writeExpr);
    }
    return firstLost(variable.defs, ({ node, name }) => {
      if (node.type === AST_NODE_TYPES.VariableDeclarator) return followDeclarator(node);
      if (isFunction(node)) {
        if (node.id === name) queue.push(node);
        else {
          queue.push(...node.params);
          return followCalls(node);
        }
      }
      const isPlain =
        isFunction(node) ||
        isClass(node) ||
        node.type === AST_NODE_TYPES.CatchClause ||
        node.type.startsWith("Import");
      return isPlain ? undefined : "lost";
    });
  }

  function followDeclarator({ id, init, parent }: TSESTree.VariableDeclarator): Traced {
    if (id.type !== AST_NODE_TYPES.Identifier) queue.push(id);
    if (init !== null) queue.push(init);
    const loop = parent.parent;
    const isLoop = loop.type === AST_NODE_TYPES.ForOfStatement || loop.type === AST_NODE_TYPES.ForInStatement;
    if (isLoop && loop.left === parent) queue.push(loop.right);
    return undefined;
  }

  /** Everything in the file that gives a property of that name a value, whatever the object. */
  function followProperty(name: string | undefined): Traced {
    if (name === undefined || seen.has(name)) return undefined;
    seen.add(name);
    return (
      isNamed(name.replace(/^#/, "")) ??
      firstLost(places(name), ({ parent, isKey }) => {
        switch (parent.type) {
          case AST_NODE_TYPES.Property:
            if (isKey && parent.parent.type === AST_NODE_TYPES.ObjectExpression) queue.push(parent.value);
            return undefined;
          case AST_NODE_TYPES.PropertyDefinition:
          case AST_NODE_TYPES.MethodDefinition:
            if (isKey && parent.value !== null) queue.push(parent.value);
            return undefined;
          case AST_NODE_TYPES.MemberExpression:
            return isKey ? followAssignment(parent) : undefined;
          default:
            return isParameterProperty(parent) ? "lost" : undefined;
        }
      })
    );
  }

  function followAssignment(member: Node): Traced {
    const { parent } = member;
    if (parent?.type === AST_NODE_TYPES.AssignmentExpression && parent.left === member)
      queue.push(parent.right);
    return parent !== undefined && isPattern(parent) ? "lost" : undefined;
  }

  /** The arguments of every call of a function, as far as the file shows them. */
  function followCalls(node: FunctionNode): Traced {
    const { parent } = node;
    if (node.type === AST_NODE_TYPES.FunctionDeclaration) return followUses(node.id);
    if (node.id !== null) return "lost";
    switch (parent.type) {
      case AST_NODE_TYPES.VariableDeclarator:
        return followUses(parent.id);
      case AST_NODE_TYPES.CallExpression:
      case AST_NODE_TYPES.NewExpression:
        return followCallback(node, parent);
      case AST_NODE_TYPES.Property:
      case AST_NODE_TYPES.PropertyDefinition:
      case AST_NODE_TYPES.MethodDefinition:
        return followMethod(staticName(parent.key, parent.computed));
      default:
        return "lost";
    }
  }

  function followUses(name: Node | null): Traced {
    const variable = name?.type === AST_NODE_TYPES.Identifier ? scope.variableOf(name) : undefined;
    if (variable === undefined) return "lost";
    return firstLost(variable.references, ({ identifier, init }) => {
      const { parent } = identifier;
      if (init === true || parent.type === AST_NODE_TYPES.ExportSpecifier) return undefined;
      if (parent.type !== AST_NODE_TYPES.CallExpression || parent.callee !== identifier) return "lost";
      queue.push(...parent.arguments);
      return undefined;
    });
  }

  /** A function that is called where it stands, or handed to code outside the file: that may call it with its items. */
  function followCallback(node: Node, call: TSESTree.CallExpression | TSESTree.NewExpression): Traced {
    queue.push(...call.arguments.filter((argument) => argument !== node));
    const { callee } = call;
    if (callee === node) return undefined;
    if (callee.type === AST_NODE_TYPES.Identifier) {
      const [definition] = scope.variableOf(callee)?.defs ?? [];
      return definition === undefined || definition.node.type.startsWith("Import") ? undefined : "lost";
    }
    if (callee.type !== AST_NODE_TYPES.MemberExpression) return "lost";
    const name = staticName(callee.property, callee.computed);
    queue.push(callee.object);
    return name === undefined || places(name).some(isDefinition) ? "lost" : undefined;
  }

  function followMethod(name: string | undefined): Traced {
    if (name === undefined || name === "constructor") return "lost";
    return firstLost(places(name), ({ parent, isKey }) => {
      if (!isKey) return undefined;
      const { parent: user } = parent;
      if (parent.type !== AST_NODE_TYPES.MemberExpression)
        return parent.type === AST_NODE_TYPES.Property && user?.type === AST_NODE_TYPES.ObjectPattern
          ? "lost"
          : undefined;
      if (user?.type === AST_NODE_TYPES.AssignmentExpression && user.left === parent) queue.push(user.right);
      else if (user?.type === AST_NODE_TYPES.CallExpression && user.callee === parent)
        queue.push(...user.arguments);
      else return "lost";
      return undefined;
    });
  }
}

/** `lost`: it comes from one of the words, or cannot be followed. */
type Traced = "lost" | undefined;

function firstLost<T>(items: readonly T[], follow: (item: T) => Traced): Traced {
  return items.some((item) => follow(item) === "lost") ? "lost" : undefined;
}
