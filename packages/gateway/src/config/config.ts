import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { readConfigFile } from "./config-file.ts";
import { GatewayError } from "../errors.ts";
import { tokenIn } from "./token-file.ts";
import type { AiSdkRunnerOptions } from "../runners/ai-sdk/ai-sdk.ts";
import { LOG_LEVELS, RUNNERS, type Settings } from "./settings.ts";

type LogLevel = (typeof LOG_LEVELS)[number];

/** The flags of `serve` as they were written. */
export interface ServeFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly token?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly runner?: string | undefined;
  readonly model?: string | undefined;
  readonly "base-url"?: string | undefined;
  readonly tools?: string | undefined;
}

/** How to serve. */
export interface ServeConfig {
  readonly host: string;
  readonly port: number;
  /** A function reads the file that holds the token, as it is now. */
  readonly token: string | (() => string) | undefined;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
  readonly drainMs: number | undefined;
  readonly stopWords: readonly string[];
  /** Undefined for the echo runner. */
  readonly model: AiSdkRunnerOptions | undefined;
  /** The module with the model's tools. */
  readonly tools: string | undefined;
}

/** The flags of commands that ask a gateway. */
export interface CallFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** Which gateway to ask, and with what. */
export interface CallTarget {
  readonly url: string;
  /** The URL as it may be told: without a user, a password and a query, which proxies are given secrets in. */
  readonly shown: string;
  readonly token: string | undefined;
}

const DEFAULT_PORT = 18_789;

/** Reads flags, variables and the configuration file; flags win over variables, those over the file. Throws `INVALID_CONFIG`. */
export function readServeConfig(flags: ServeFlags, env: NodeJS.ProcessEnv): ServeConfig {
  const file = readConfigFile(flags.config ?? valueOf(env["SESSION_LOCK_CONFIG"]));
  const told: Settings = { ...file, ...settingsOf(env), ...settingsOfFlags(flags) };
  const { host = "127.0.0.1", port = DEFAULT_PORT, logLevel = "warn", stopWords = [] } = told;
  const stateDir = told.stateDir ?? join(homedir(), ".session-lock");
  const token = tokenOf(flags, env);
  const model = modelOf(told, valueOf(env["SESSION_LOCK_API_KEY"]));
  const { drainMs, tools } = told;
  if (model === undefined && tools !== undefined)
    throw new GatewayError(
      "INVALID_CONFIG",
      "the echo runner takes no tools: say --runner and --model as well",
    );
  return { host, port, token, stateDir, logLevel, drainMs, stopWords, model, tools };
}

/** Where `call` and `status` ask: what the flags say, else the gateway of this machine. Throws `INVALID_CONFIG`. */
export function readCallTarget(flags: CallFlags, env: NodeJS.ProcessEnv): CallTarget {
  const raw = flags.url ?? valueOf(env["SESSION_LOCK_URL"]) ?? addressHere(env);
  const url = URL.parse(raw);
  if (url === null || !["http:", "https:", "ws:", "wss:"].includes(url.protocol)) {
    throw new GatewayError("INVALID_CONFIG", "the URL must begin with http://, https://, ws:// or wss://");
  }
  url.hash = "";
  const { href, protocol, host, pathname } = url;
  const token = flags.token ?? valueOf(env["SESSION_LOCK_TOKEN"]);
  return { url: href, shown: `${protocol}//${host}${pathname}`, token };
}

function addressHere(env: NodeJS.ProcessEnv): string {
  const port = readPort(valueOf(env["SESSION_LOCK_PORT"]) ?? String(DEFAULT_PORT));
  return `http://127.0.0.1:${port}/`;
}

/** Flags before variables, and a token that is said before one that is in a file. */
function tokenOf(flags: ServeFlags, env: NodeJS.ProcessEnv): ServeConfig["token"] {
  const { token, "token-file": file } = flags;
  if (token !== undefined) return token;
  if (file !== undefined) return tokenIn(file);
  const [said, path] = [valueOf(env["SESSION_LOCK_TOKEN"]), valueOf(env["SESSION_LOCK_TOKEN_FILE"])];
  return said ?? (path === undefined ? undefined : tokenIn(path));
}

function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const home = valueOf(env["SESSION_LOCK_HOME"]);
  const level = valueOf(env["SESSION_LOCK_LOG"]);
  return {
    ...settingsOfFlags({
      host: valueOf(env["SESSION_LOCK_HOST"]),
      port: valueOf(env["SESSION_LOCK_PORT"]),
      runner: valueOf(env["SESSION_LOCK_RUNNER"]),
      model: valueOf(env["SESSION_LOCK_MODEL"]),
      "base-url": valueOf(env["SESSION_LOCK_BASE_URL"]),
      tools: valueOf(env["SESSION_LOCK_TOOLS"]),
    }),
    ...(home === undefined ? {} : { stateDir: resolve(home) }),
    ...(level === undefined ? {} : { logLevel: readLogLevel(level) }),
  };
}

function settingsOfFlags({ host, port, runner, model, "base-url": baseUrl, tools }: ServeFlags): Settings {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: readPort(port) }),
    ...(runner === undefined ? {} : { runner: readRunner(runner) }),
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(tools === undefined ? {} : { tools: resolve(tools) }),
  };
}

function modelOf(told: Settings, apiKey: string | undefined): AiSdkRunnerOptions | undefined {
  const { runner: provider, model, baseUrl, instructions } = told;
  if (provider === undefined && model !== undefined) {
    const message = `whose model is ${model}? say --runner as well, or --runner echo to answer without it`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
  if (provider === undefined || provider === "echo") return undefined;
  if (model === undefined || model === "")
    throw new GatewayError("INVALID_CONFIG", `${provider} needs a model: say --model`);
  if (provider === "openai-compatible" && baseUrl === undefined)
    throw new GatewayError("INVALID_CONFIG", `${provider} needs the address of a service: say --base-url`);
  if (baseUrl !== undefined && !isWebAddress(baseUrl)) {
    const message = `the base URL must begin with http:// or https://, not "${baseUrl}"`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
  return {
    provider,
    model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function isWebAddress(address: string): boolean {
  return ["http:", "https:"].includes(URL.parse(address)?.protocol ?? "");
}

function readRunner(text: string): NonNullable<Settings["runner"]> {
  const runner = RUNNERS.find((name) => name === text);
  if (runner !== undefined) return runner;
  throw new GatewayError("INVALID_CONFIG", `the runner must be one of ${RUNNERS.join(", ")}, not "${text}"`);
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new GatewayError("INVALID_CONFIG", `the port must be a number from 0 to 65535, not "${text}"`);
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  const names = LOG_LEVELS.join(", ");
  throw new GatewayError("INVALID_CONFIG", `SESSION_LOCK_LOG must be one of ${names}, not "${text}"`);
}

/** An empty variable counts as not set, as shells have no other way to unset one for a command. */
function valueOf(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
