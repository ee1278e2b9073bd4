import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The checker that the published schemas are written for. */
export interface SchemaChecker {
  Errors(schema: unknown, value: unknown): Iterable<unknown>;
}

export async function publishedChecker(): Promise<SchemaChecker> {
  const schemaModule = fileURLToPath(import.meta.resolve("@openclaw/gateway-protocol/schema"));
  const file = createRequire(schemaModule).resolve("typebox/value");
  const { Value } = (await import(pathToFileURL(file).href)) as { Value: SchemaChecker };
  return Value;
}
