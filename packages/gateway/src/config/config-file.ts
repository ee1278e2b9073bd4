import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { closestName } from "./closest-name.ts";
import { GatewayError } from "../errors.ts";
import { LOG_LEVELS, RUNNERS, Settings } from "./settings.ts";

/** The file that is read from the working folder when it is there. */
const CONFIG_FILE = "session-lock.config.json";
const MAX_BYTES = 1024 * 1024;
const NAMES = Object.keys(Settings.properties);
/** A file gets copied, shown and checked in; these are not for that. */
const SECRETS: ReadonlyMap<string, string> = new Map([
  ["token", "SESSION_LOCK_TOKEN"],
  ["apiKey", "SESSION_LOCK_API_KEY"],
]);
const CHOICES = new Map<string, readonly string[]>([
  ["/logLevel", LOG_LEVELS],
  ["/runner", RUNNERS],
]);

const compiled = TypeCompiler.Compile(Settings);

/**
 * Reads a configuration file; paths in it are relative to its folder. A file that was named must exist, the one of the
 * working folder need not. Throws `INVALID_CONFIG` naming the file and the place in it.
 */
export function readConfigFile(named: string | undefined): Settings {
  const text = readText(named ?? CONFIG_FILE, named === undefined);
  if (text === undefined) return {};
  const path = named ?? CONFIG_FILE;
  const settings = parseSettings(text, path);
  const { stateDir, tools } = settings;
  // Whoever starts a gateway in a folder has not said that its code shall run.
  if (tools !== undefined && named === undefined)
    throw wrong(path, "at /tools: code is run only for a file that is named: say --config or --tools");
  const folder = dirname(path);
  return {
    ...settings,
    ...(stateDir === undefined ? {} : { stateDir: resolve(folder, stateDir) }),
    ...(tools === undefined ? {} : { tools: resolve(folder, tools) }),
  };
}

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    // Editors of Windows put a byte order mark before the text.
    const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    if (text.length > MAX_BYTES) throw wrong(path, `it is larger than ${MAX_BYTES} bytes`);
    return text;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && mayBeMissing) return undefined;
    throw wrong(
      path,
      code === "ENOENT" ? "there is no such file" : `it cannot be read (${String(code)})`,
      error,
    );
  }
}

function parseSettings(text: string, path: string): Settings {
  const value = parseJson(text, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(path, "it must hold one JSON object");
  }
  for (const name of Object.keys(value)) {
    if (!NAMES.includes(name)) throw wrong(path, unknownName(name));
  }
  if (compiled.Check(value)) return value;
  const first = compiled.Errors(value).First();
  const place = first?.path ?? "/";
  const choices = CHOICES.get(place);
  const expected =
    choices === undefined ? (first?.message ?? "wrong") : `must be one of ${choices.join(", ")}`;
  throw wrong(path, `at ${place}: ${expected}`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(path, `it is not JSON: ${error instanceof Error ? error.message : "unreadable"}`, error);
  }
}

function unknownName(name: string): string {
  const pointer = `/${name.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const variable = SECRETS.get(name);
  if (variable !== undefined) return `at ${pointer}: secrets are not for files: set ${variable}`;
  const meant = closestName(name, NAMES);
  const hint = meant === undefined ? `known are ${NAMES.join(", ")}` : `did you mean "${meant}"?`;
  return `at ${pointer}: unknown setting; ${hint}`;
}

function wrong(path: string, problem: string, cause?: unknown): GatewayError {
  return new GatewayError("INVALID_CONFIG", `${path}: ${problem}`, { cause });
}
