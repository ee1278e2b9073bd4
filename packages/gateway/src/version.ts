import { readFileSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const Manifest = Type.Object({ version: Type.String() });

/** The version of this package, from its own manifest. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return Value.Parse(Manifest, manifest).version;
}
