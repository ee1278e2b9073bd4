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
import { endOfTemplate, isSessionName, namesSession } from "./name-ends.ts";
import type { ScopeIndex } from "./resolve.ts";
import { returnedBy } from "./returned.ts";
import {
  isClass,
  isFunction,
  staticName,
  unwrap,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";
import { Trail, type Ways } from "./trail.ts";
import { forEachChild, type Tree } from "./words.ts";

/** A value that comes from more places than this may come from anywhere. */
const maxPlaces = 300;

/** So does one that comes through more names of properties: the whole text is searched for each. */
const maxNames = 8;

/** Where a path comes from, as far as the file shows it. */
export interface Origin {
  /** Must never be false for a file that the interpreter takes for a transcript. */
  readonly mayBeSessionFile: boolean;
  /** How the name of a session file gets where the path is used. */
  readonly ways: Ways<Node>;
}

/**
 * Follows the end of a path back to the texts and names that it may be: through variables, parameters and the calls that
 * give them, properties by their name, and what functions return. It may be a session file's if one of them is, or if
 * the value cannot be followed.
 */
export function originOf(tree: Tree, scope: ScopeIndex, names: KnownNames, start: Node): Origin {
  const trail = new Trail(start);
  let isLost = false;
  let searches = 0;
  const places = (name: string): readonly PropertyPlace[] => {
    if (isLost) return []; // the answer is known, and each search is one of the whole text
    searches += 1;
    return placesOfProperty(tree, name);
  };
  for (let node = trail.next(); node !== undefined; node = trail.next()) {
    if (visit(node) === "lost" || searches > maxNames || trail.length > maxPlaces) isLost = true;
    if (trail.length > maxPlaces) break;
  }
  return { mayBeSessionFile: isLost || trail.hasEnd, ways: trail.waysToEnds() };

  function visit(wrapped: Node): Traced {
    const node = unwrap(wrapped);
    switch (node.type) {
      case AST_NODE_TYPES.Literal:
        isNamed(String(node.value));
        return undefined;
      case AST_NODE_TYPES.TemplateLiteral: {
        const end = endOfTemplate(node);
        if (typeof end === "string") isNamed(end);
        else trail.push(end);
        return undefined;
      }
      case AST_NODE_TYPES.Identifier:
        return isNamed(node.name) ? undefined : followVariable(scope.variableOf(node));
      case AST_NODE_TYPES.MemberExpression: {
        // A path that is read from an object is called like the property, whatever the object is called.
        const name = staticName(node.property, node.computed);
        if (name === undefined) trail.push(node.object);
        return followProperty(name);
      }
      case AST_NODE_TYPES.ConditionalExpression:
        [node.consequent, node.alternate].forEach((choice) => trail.push(choice));
        return undefined;
      case AST_NODE_TYPES.CallExpression:
        if (isForeignCallee(scope, names, node.callee)) {
          if (namesSession(scope, names.fileNames, node)) trail.end();
          return undefined;
        }
        pushReceiver(node.callee);
        break;
      case AST_NODE_TYPES.Property:
        if (node.parent.type !== AST_NODE_TYPES.ObjectPattern) break;
        trail.push(node.value);
        return followProperty(staticName(node.key, node.computed));
      case AST_NODE_TYPES.FunctionDeclaration:
      case AST_NODE_TYPES.FunctionExpression:
      case AST_NODE_TYPES.ArrowFunctionExpression:
        for (const value of returnedBy(tree, node)) trail.push(value);
        return undefined;
      default:
        if (isClass(node)) return "lost";
    }
    forEachChild(tree, node, (child) => trail.push(child));
    return undefined;
  }

  /** Whether a path that ends like this is a session file's. */
  function isNamed(end: string): boolean {
    const isSession = isSessionName(names.fileNames, end);
    if (isSession) trail.end();
    return isSession;
  }

  /** `f.call(…)` gives what the function does, `list.find(…)` what is in the list. */
  function pushReceiver(callee: Node): void {
    const inner = unwrap(callee);
    if (inner.type === AST_NODE_TYPES.MemberExpression) trail.push(inner.object);
  }

  function followVariable(variable: Variable | undefined): Traced {
    if (variable === undefined || !trail.enter(variable)) return undefined;
    for (const { identifier, init, writeExpr } of variable.references) {
      if (writeExpr === undefined || writeExpr === null || init === true) continue;
      if (identifier.parent.type !== AST_NODE_TYPES.AssignmentExpression) return "lost";
      trail.push(writeExpr);
    }
    return anyLost(variable.defs, ({ node, name }) => {
      if (node.type === AST_NODE_TYPES.VariableDeclarator) return followDeclarator(node);
      if (isFunction(node)) {
        if (node.id === name) trail.push(node);
        else {
          node.params.forEach((parameter) => trail.push(parameter));
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
    if (id.type !== AST_NODE_TYPES.Identifier) trail.push(id);
    if (init !== null) trail.push(init);
    const loop = parent.parent;
    const isLoop = loop.type === AST_NODE_TYPES.ForOfStatement || loop.type === AST_NODE_TYPES.ForInStatement;
    if (isLoop && loop.left === parent) trail.push(loop.right);
    return undefined;
  }

  /** Everything in the file that gives a property of that name a value, whatever the object. */
  function followProperty(name: string | undefined): Traced {
    if (name === undefined || !trail.enter(name) || isNamed(name.replace(/^#/, ""))) return undefined;
    return anyLost(places(name), ({ parent, isKey }) => {
      switch (parent.type) {
        case AST_NODE_TYPES.Property:
          if (isKey && parent.parent.type === AST_NODE_TYPES.ObjectExpression) trail.push(parent.value);
          return undefined;
        case AST_NODE_TYPES.PropertyDefinition:
        case AST_NODE_TYPES.MethodDefinition:
          if (isKey && parent.value !== null) trail.push(parent.value);
          return undefined;
        case AST_NODE_TYPES.MemberExpression:
          return isKey ? followAssignment(parent) : undefined;
        default:
          return isParameterProperty(parent) ? "lost" : undefined;
      }
    });
  }

  function followAssignment(member: Node): Traced {
    const { parent } = member;
    if (parent?.type === AST_NODE_TYPES.AssignmentExpression && parent.left === member)
      trail.push(parent.right);
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
    return anyLost(variable.references, ({ identifier, init }) => {
      const { parent } = identifier;
      if (init === true || parent.type === AST_NODE_TYPES.ExportSpecifier) return undefined;
      if (parent.type !== AST_NODE_TYPES.CallExpression || parent.callee !== identifier) return "lost";
      for (const argument of parent.arguments) trail.push(argument, parent);
      return undefined;
    });
  }

  /** A function that is called where it stands, or handed to code outside the file: that may call it with its items. */
  function followCallback(node: Node, call: TSESTree.CallExpression | TSESTree.NewExpression): Traced {
    for (const argument of call.arguments) if (argument !== node) trail.push(argument, call);
    const { callee } = call;
    if (callee === node) return undefined;
    if (callee.type === AST_NODE_TYPES.Identifier) {
      const [definition] = scope.variableOf(callee)?.defs ?? [];
      return definition === undefined || definition.node.type.startsWith("Import") ? undefined : "lost";
    }
    if (callee.type !== AST_NODE_TYPES.MemberExpression) return "lost";
    const name = staticName(callee.property, callee.computed);
    trail.push(callee.object);
    return name === undefined || places(name).some(isDefinition) ? "lost" : undefined;
  }

  function followMethod(name: string | undefined): Traced {
    if (name === undefined || name === "constructor") return "lost";
    return anyLost(places(name), ({ parent, isKey }) => {
      if (!isKey) return undefined;
      const { parent: user } = parent;
      if (parent.type !== AST_NODE_TYPES.MemberExpression)
        return parent.type === AST_NODE_TYPES.Property && user?.type === AST_NODE_TYPES.ObjectPattern
          ? "lost"
          : undefined;
      if (user?.type === AST_NODE_TYPES.AssignmentExpression && user.left === parent) trail.push(user.right);
      else if (user?.type === AST_NODE_TYPES.CallExpression && user.callee === parent)
        for (const argument of user.arguments) trail.push(argument, user);
      else return "lost";
      return undefined;
    });
  }
}

/** `lost`: it cannot be followed. */
type Traced = "lost" | undefined;

function anyLost<T>(items: readonly T[], follow: (item: T) => Traced): Traced {
  return items.map(follow).find((traced) => traced === "lost");
}
