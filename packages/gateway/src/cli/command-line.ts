import { parseArgs } from "node:util";
import { closestName } from "../config/closest-name.ts";
import type { CallFlags, ServeFlags } from "../config/config.ts";

const COMMANDS = ["serve", "call", "status"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The flags of `call` and `status`. */
export interface AskFlags extends CallFlags {
  readonly json?: boolean | undefined;
  readonly timeoutMs: number;
}

/** What the user asked for. */
export type CommandLine =
  | { readonly kind: "help"; readonly about: "general" | CommandName }
  | { readonly kind: "version" }
  /** `command`: the one whose help tells more; undefined when that is the general one. */
  | { readonly kind: "wrong"; readonly command: CommandName | undefined; readonly why: string }
  | { readonly kind: "serve"; readonly flags: ServeFlags }
  | { readonly kind: "call"; readonly method: string; readonly params: unknown; readonly flags: AskFlags }
  | { readonly kind: "status"; readonly flags: AskFlags };

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const COMMON = { help: { ...flag, short: "h" }, version: flag } as const;
const SERVE = {
  config: text,
  host: text,
  port: text,
  token: text,
  "token-file": text,
  runner: text,
  model: text,
  "base-url": text,
  tools: text,
} as const;
const ASK = { url: text, token: text, timeout: text, json: flag } as const;

/** Without a command it is `serve`. Never throws for what a user can type. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const [first = "", ...rest] = argv;
  const command = COMMANDS.find((name) => name === first);
  if (command === undefined && first !== "" && !first.startsWith("-")) return unknownCommand(first);
  const args = command === undefined ? argv : rest;
  try {
    return parse(command, args);
  } catch (error) {
    if (!(error instanceof TypeError && "code" in error)) throw error;
    return wrong(command ?? "serve", error.message);
  }
}

function parse(command: CommandName | undefined, args: readonly string[]): CommandLine {
  if (command === undefined || command === "serve") return parseServe(command, args);
  const options = { ...COMMON, ...ASK };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { help, version, timeout = command === "call" ? "30000" : "10000", ...flags } = values;
  if (help === true) return { kind: "help", about: command };
  if (version === true) return { kind: "version" };
  if (!/^[1-9]\d{0,8}$/.test(timeout)) return wrong(command, "--timeout must be a number of milliseconds");
  const asked: AskFlags = { ...flags, timeoutMs: Number(timeout) };
  return command === "status" ? status(positionals, asked) : call(positionals, asked);
}

function parseServe(command: "serve" | undefined, args: readonly string[]): CommandLine {
  const { help, version, ...flags } = parseArgs({ args: [...args], options: { ...COMMON, ...SERVE } }).values;
  if (help === true) return { kind: "help", about: command ?? "general" };
  return version === true ? { kind: "version" } : { kind: "serve", flags };
}

function status(positionals: readonly string[], flags: AskFlags): CommandLine {
  const [extra] = positionals;
  return extra === undefined ? { kind: "status", flags } : wrong("status", `unexpected argument "${extra}"`);
}

function call([method, json, extra]: readonly string[], flags: AskFlags): CommandLine {
  if (method === undefined) return wrong("call", "which method?");
  if (extra !== undefined) return wrong("call", `unexpected argument "${extra}"; quote the JSON`);
  if (json === undefined) return { kind: "call", method, params: {}, flags };
  try {
    return { kind: "call", method, params: JSON.parse(json), flags };
  } catch (error) {
    return wrong("call", `the parameters are not JSON: ${error instanceof Error ? error.message : json}`);
  }
}

function unknownCommand(name: string): CommandLine {
  const meant = closestName(name, COMMANDS);
  return wrong(
    undefined,
    `unknown command "${name}"${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

function wrong(command: CommandName | undefined, why: string): CommandLine {
  return { kind: "wrong", command, why };
}
