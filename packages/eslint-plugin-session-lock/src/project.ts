import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { nearest } from "./analysis/spelling.ts";

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
      if (from === "globalThis") return stateOfGlobal(name);
      if (isBuiltin(from)) return stateOfBuiltin(from, name);
      if (from.startsWith("#")) return "found";
      if (from.startsWith(".")) return stateOfFile(resolve(folder, from), name);
      // A path alias of some build tool; no package has such a name.
      if (/^[@~]\//.test(from)) return "found";
      if (!isInstalled(folder, packageOf(from))) return "missing";
      const declared = from === packageOf(from) ? declarationsOf(folder, from) : undefined;
      return declared === undefined ? "found" : stateOfText(declared, name);
    },
  };
}

/** Browsers have globals that Node has not: only what is nearly one that is here was meant to be it. */
function stateOfGlobal(name: string): ModuleState {
  const [root = ""] = name.split(".");
  const known = Object.getOwnPropertyNames(globalThis);
  const isMisspelt = root.length > 4 && !known.includes(root) && nearest(root, known, 2) !== undefined;
  return isMisspelt ? "without-export" : "found";
}

function stateOfBuiltin(from: string, name: string): ModuleState {
  const [root = ""] = name.split(".");
  const exports: unknown = process.getBuiltinModule(from);
  const isKnown = typeof exports !== "object" && typeof exports !== "function";
  return isKnown || exports === null || root === "default" || root in exports ? "found" : "without-export";
}

const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

function stateOfFile(path: string, name: string): ModuleState {
  const stem = path.replace(/\.[cm]?[jt]sx?$/, "");
  const candidates = [path, ...extensions.flatMap((end) => [stem + end, join(stem, `index${end}`)])];
  const file = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  if (file === undefined) return "missing";
  return stateOfText(readFileSync(file, "utf8"), name);
}

function stateOfText(text: string, name: string): ModuleState {
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

/** What the types of an installed package declare at its root, where it says in a plain way which file that is. */
function declarationsOf(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const home = join(at, "node_modules", name);
    const manifest = readManifest(home);
    if (manifest !== undefined) {
      const file = typesIn(manifest["exports"]) ?? manifest["types"] ?? manifest["typings"];
      const path = typeof file === "string" ? join(home, file) : undefined;
      return path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : undefined;
    }
    if (dirname(at) === at) return undefined;
  }
}

/** The first `types` among the conditions for the root of a package. */
function typesIn(exports: unknown): string | undefined {
  if (typeof exports !== "object" || exports === null) return undefined;
  const conditions = new Map(Object.entries<unknown>({ ...exports }));
  const types = conditions.get("types");
  if (typeof types === "string") return types;
  return ["types", ".", "import", "require", "node", "default"]
    .map((condition) => typesIn(conditions.get(condition)))
    .find((found) => found !== undefined);
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
  return readManifest(folder)?.["name"];
}

function readManifest(folder: string): Readonly<Record<string, unknown>> | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a broken package.json is another tool's to report
    throw error;
  }
}
