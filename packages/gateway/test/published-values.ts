type Schema = Readonly<Record<string, unknown>>;

/** Values that a published schema allows: each variant of it, and texts of the least and greatest length. */
export function valuesOf(schema: unknown): unknown[] {
  const { anyOf, enum: names, const: only, ...rest } = schema as Schema;
  if (only !== undefined) return [only];
  if (Array.isArray(names)) return names;
  if (Array.isArray(anyOf)) return anyOf.flatMap(valuesOf);
  switch (rest["type"]) {
    case "null":
      return [null];
    case "boolean":
      return [true, false];
    case "integer":
    case "number":
      return [rest["minimum"] ?? 0, rest["maximum"] ?? 1_000];
    case "string":
      return [rest["minLength"] ?? 1, rest["maxLength"] ?? 1].map((length) => "x".repeat(Number(length)));
    case "array":
      return [Array.from({ length: Number(rest["minItems"] ?? 0) }, () => valuesOf(rest["items"])[0])];
    case "object":
      return [requiredOf(rest)];
    default:
      return [{ any: "thing" }];
  }
}

/** The least value of an object's schema. */
export function requiredOf(schema: unknown): Readonly<Record<string, unknown>> {
  const { required = [], properties = {} } = schema as {
    readonly required?: readonly string[];
    readonly properties?: Schema;
  };
  return Object.fromEntries(required.map((name) => [name, valuesOf(properties[name])[0]]));
}
