import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

/** The code blocks of a page, in their order. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(path.join(root, page), "utf8");
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = "", code = ""]) => ({
    page,
    language,
    code,
  }));
}

/** The one block of a page that contains a text. */
export function blockWith(page: string, text: string): string {
  const found = blocksOf(page).filter(({ code }) => code.includes(text));
  const [block, ...others] = found;
  if (block === undefined || others.length > 0) {
    throw new Error(`${found.length} blocks of ${page} contain ${JSON.stringify(text)}`);
  }
  return block.code;
}
