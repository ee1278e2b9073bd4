import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isCode } from "./foreign-promises.ts";
import { isPlain, unknown, type Value } from "./values.ts";

type ObjectValue = Extract<Value, { kind: "object" }>;

const selves = new WeakMap<ObjectValue, ObjectValue>();

/**
 * `this` in the methods of an object: what it holds that has to do with locks. What else stands in its literal, such as the
 * `null` that a method will put a lock in place of, may be another value by then.
 */
export function selfOf(object: ObjectValue): ObjectValue {
  const known = selves.get(object);
  if (known !== undefined) return known;
  const fields = new Map([...object.fields].filter(([, field]) => !isPlain(field)));
  const file = { kind: "path", root: "this", properties: [], given: true } as const;
  const self: ObjectValue = { kind: "object", fields, file };
  selves.set(object, self);
  return self;
}

/** What an object has by a name; a function that it has is called on it. */
export function readField(object: ObjectValue, name: string): Value | undefined {
  const field = object.fields.get(name);
  return field !== undefined && isMethod(field) ? { ...field, self: selfOf(object) } : field;
}

/** An object with more functions than this is not looked through for one whose name is computed. */
const maxChoices = 16;

/** What an object has by a name that is not known: any of its functions. `undefined` where there are none, or too many. */
export function readAny(object: ObjectValue): readonly Value[] | undefined {
  const names = [...object.fields.keys()].filter((name) => isCode(object.fields.get(name) ?? unknown));
  if (names.length === 0 || names.length > maxChoices) return undefined;
  const others = names.length < object.fields.size ? [unknown] : [];
  return [...names.map((name) => readField(object, name) ?? unknown), ...others];
}

/** The functions of an object that `this` is the object in. */
export function methodsOf({ fields }: ObjectValue): readonly Extract<Value, { kind: "function" }>[] {
  return [...fields.values()].filter(isMethod);
}

function isMethod(value: Value): value is Extract<Value, { kind: "function" }> {
  if (value.kind !== "function" || value.self !== undefined) return false;
  return value.node.type !== AST_NODE_TYPES.ArrowFunctionExpression;
}
