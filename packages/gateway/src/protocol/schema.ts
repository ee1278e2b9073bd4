import type { Static, TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { GatewayError } from "../errors.ts";

/** Turns unknown input into the schema's type, or throws `INVALID_REQUEST` naming the first field that is wrong. */
export type Parser<S extends TSchema> = (value: unknown) => Static<S>;

/** Compiles a schema once; `what` opens the message of a refusal. */
export function createParser<S extends TSchema>(schema: S, what: string): Parser<S> {
  const compiled = TypeCompiler.Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return value;
    const first = compiled.Errors(value).First();
    const path = first === undefined || first.path === "" ? "/" : first.path.slice(0, 120);
    throw new GatewayError("INVALID_REQUEST", `invalid ${what}: at ${path}: ${first?.message ?? "wrong"}`);
  };
}
