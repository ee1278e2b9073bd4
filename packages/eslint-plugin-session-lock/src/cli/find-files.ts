import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { hasCode, LintError } from "./lint-error.ts";

const sources = /\.[cm]?[jt]sx?$/;
const special = /[*?{]/;

/**
 * The files that the command line names, each once, in the order of their names: a file as it is, the sources of a
 * folder, what a glob matches. Declaration files, hidden folders and `node_modules` are left out unless they are named.
 * Throws `LintError` NO_FILES for a name or glob that leads to nothing.
 */
export async function findFiles(cwd: string, patterns: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const files = await findPattern(cwd, pattern.replaceAll("\\", "/"));
    if (files.length === 0)
      throw new LintError("NO_FILES", `no file to lint matches ${JSON.stringify(pattern)}`);
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}

async function findPattern(cwd: string, pattern: string): Promise<readonly string[]> {
  const target = path.resolve(cwd, pattern);
  const kind = await kindOf(target);
  if (kind === "file") return [target];
  if (kind === "folder") return filesIn(target, isSource);
  if (!special.test(pattern)) return [];
  const parts = pattern.split("/");
  const fixed = parts
    .slice(
      0,
      parts.findIndex((part) => special.test(part)),
    )
    .join("/");
  const root = path.resolve(cwd, pattern.startsWith("/") ? `/${fixed}` : fixed);
  if ((await kindOf(root)) !== "folder") return [];
  const matcher = compileGlob(parts.slice(fixed === "" ? 0 : fixed.split("/").length).join("/"));
  return filesIn(
    root,
    (file) => isSource(file) && matcher.test(path.relative(root, file).replaceAll("\\", "/")),
  );
}

function isSource(file: string): boolean {
  return sources.test(file) && !/\.d\.[cm]?ts$/.test(file);
}

async function kindOf(target: string): Promise<"file" | "folder" | undefined> {
  try {
    const found = await stat(target);
    return found.isDirectory() ? "folder" : "file";
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw new LintError("IO", `cannot look at ${target}`, { cause: error });
  }
}

async function filesIn(folder: string, isWanted: (file: string) => boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const file = path.join(folder, entry.name);
      if (entry.isFile()) return isWanted(file) ? [file] : [];
      const isHidden = entry.name === "node_modules" || entry.name.startsWith(".");
      return entry.isDirectory() && !isHidden ? filesIn(file, isWanted) : [];
    }),
  );
  return files.flat();
}

/** `**` any folders, `*` and `?` within a name, `{a,b}` alternatives. */
export function compileGlob(glob: string): RegExp {
  let isInBraces = false;
  const source = glob.replaceAll(/\*\*\/|\*\*|[^\w/]/g, (token) => {
    switch (token) {
      case "**/":
        return "(?:[^/]+/)*";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        isInBraces = true;
        return "(?:";
      case "}":
        isInBraces = false;
        return ")";
      case ",":
        return isInBraces ? "|" : ",";
      default:
        return `\\${token}`;
    }
  });
  return new RegExp(`^${source}$`);
}
