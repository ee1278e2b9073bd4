import { realpathSync } from "node:fs";
import path from "node:path";

/** The name a lock knows a file by: its folder's real path. The file itself is never a link. The folder must be there. */
export function canonicalPath(file: string): string {
  return path.join(realpathSync(path.dirname(file)), path.basename(file));
}
