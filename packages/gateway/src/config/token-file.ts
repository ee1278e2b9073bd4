import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { GatewayError } from "../errors.ts";

/**
 * The token in a file, read anew whenever it is asked for, so that a new one takes the place of the old one without a
 * restart. While there is none (the file is gone or empty) it is "", and nobody gets in. Throws `INVALID_CONFIG` when there
 * is none at first.
 */
export function tokenIn(file: string): () => string {
  const path = resolve(file);
  const read = (): string => {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      return ""; // whatever keeps it from being read, there is no token
    }
  };
  if (read() === "") throw new GatewayError("INVALID_CONFIG", `there is no token in the file ${path}`);
  return read;
}
