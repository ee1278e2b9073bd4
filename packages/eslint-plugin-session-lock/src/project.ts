import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";

/** What can be said of a module that a setting names. */
type ModuleState = "found" | "missing" | "without-export";

/** The project's files, as far as settings speak of them. This is the plugin's only look at the disk. */
export interface Project {
  /** Whether the project has the module, and the module the export. `found` also where nothing can be said. */
  stateOf(from: string, name: string): ModuleState;
}

export function openProject(folder: string): Project {
  return {
    stateOf: (from, name) => {
      if (from === "globalThis" || from.startsWith("#") || isBuiltin(from)) return "found";
      if (from.startsWith(".")) return stateOfFile(resolve(folder, from), name);
      // A path alias of some build tool; no package has such a name.
      if (/^[@~]\//.test(from)) return "found";
      return isInstalled(folder, packageOf(from)) ? "found" : "missing";
    },
  };
}

const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

function stateOfFile(path: string, name: string): ModuleState {
  const stem = path.replace(/\.[cm]?[jt]sx?$/, "");
  const candidates = [path, ...extensions.flatMap((end) => [stem + end, join(stem, `index${end}`)])];
  const file = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  if (file === undefined) return "missing";
  const text = readFileSync(file, "utf8");
  // What it re-exports from elsewhere does not stand in its text.
  if (/export\s*\*|__exportStar|Object\.assign\(module\.exports/.test(text)) return "found";
  const word = name === "default" ? "default|module.exports" : (name.split(".")[0] ?? name);
  const pattern = word.replace(/[^\w|]/g, "\\$&");
  return new RegExp(`(?<![\\w$])(?:${pattern})(?![\\w$])`).test(text) ? "found" : "without-export";
}

function packageOf(from: string): string {
  return from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Installed here, further up, in a package of a workspace, or the project itself. */
function isInstalled(folder: string, name: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "node_modules", name)) || nameOf(at) === name) return true;
    if (dirname(at) === at) break;
  }
  const inside = foldersIn(folder);
  return [...inside, ...inside.flatMap(foldersIn)].some(
    (path) => existsSync(join(path, "node_modules", name)) || nameOf(path) === name,
  );
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .map((entry) => join(folder, entry.name));
}

/** The name of the package that a folder is in. */
export function packageNameOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const name = nameOf(at);
    if (typeof name === "string") return name;
    if (dirname(at) === at) return undefined;
  }
}

function nameOf(folder: string): unknown {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null && "name" in value ? value.name : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a broken package.json is another tool's to report
    throw error;
  }
}
