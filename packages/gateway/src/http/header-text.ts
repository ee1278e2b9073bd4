import { isUtf8 } from "node:buffer";

/** What a header says. Clients write UTF-8, which node reads byte by byte; what is no UTF-8 is left as it was read. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}
