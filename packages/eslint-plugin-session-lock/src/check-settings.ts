import { nearest } from "./analysis/spelling.ts";
import { settingsProperties } from "./settings.ts";

/** Says what is wrong with the settings and where, as far as their schema knows; `undefined` if nothing is. */
export function findSettingsProblem(value: object): string | undefined {
  return findProblem(value, { type: "object", properties: settingsProperties }, "");
}

/** The parts of a JSON schema by their names; what the schema of the settings has no use for is not looked at. */
function findProblem(value: unknown, schema: unknown, at: string): string | undefined {
  const parts = entriesOf(schema);
  const types = listOf(parts.get("type") ?? []).map(String);
  if (types.length > 0 && !types.some((name) => isOf(value, name))) {
    return `${at} is ${types.map((name) => articles[name] ?? name).join(" or ")}, not ${JSON.stringify(value)}`;
  }
  const choices = listOf(parts.get("enum") ?? []);
  if (choices.length > 0 && !choices.includes(value)) {
    return `${at} is one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}, not ${JSON.stringify(value)}`;
  }
  if (Array.isArray(value)) {
    return firstOf(value, (item, index) => findProblem(item, parts.get("items"), `${at}[${index}]`));
  }
  const properties = parts.get("properties");
  if (typeof value !== "object" || value === null || properties === undefined) return undefined;
  const missing = listOf(parts.get("required") ?? []).find((key) => !Object.hasOwn(value, String(key)));
  if (missing !== undefined) return `${at} has no ${JSON.stringify(missing)}`;
  return findKeyProblem(value, entriesOf(properties), at);
}

function findKeyProblem(value: object, known: ReadonlyMap<string, unknown>, at: string): string | undefined {
  return firstOf([...entriesOf(value)], ([key, inner]) => {
    const place = at === "" ? key : `${at}.${key}`;
    if (known.has(key)) return findProblem(inner, known.get(key), place);
    const meant = nearest(key, [...known.keys()], 2);
    return `${place} is no setting${meant === undefined ? "" : `; is ${JSON.stringify(meant)} meant?`}`;
  });
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries<unknown>({ ...value }) : []);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

const articles: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  integer: "a whole number",
  object: "an object",
  string: "a text",
};

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
