import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GatewayError } from "./errors.ts";
import type { AiSdkRunnerOptions } from "./runners/ai-sdk/ai-sdk.ts";
import { AI_PROVIDERS } from "./runners/ai-sdk/open-model.ts";

/** Log levels, the most talkative first. */
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** What the command line and the environment ask for. */
export type Config =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
      readonly kind: "serve";
      readonly host: string;
      readonly port: number;
      readonly token: string | undefined;
      readonly stateDir: string;
      readonly logLevel: LogLevel;
      /** Undefined for the echo runner. */
      readonly model: AiSdkRunnerOptions | undefined;
    };

/** What `--help` prints. */
export const USAGE = `Usage: session-gateway [--host <address>] [--port <number>] [--runner <name> --model <name>]

Serves chat sessions and a web page on one port.

Options:
  --host <address>  address to listen on (default 127.0.0.1); any other than this machine's needs SESSION_LOCK_TOKEN
  --port <number>   port to listen on (default 18789; 0 takes a free one)
  --runner <name>   who answers: echo (default), anthropic, openai, google or openai-compatible
  --model <name>    the model to answer with, as the provider calls it; needed with any runner but echo
  --base-url <url>  another address of the provider's API; needed with openai-compatible
  --version         print the version
  --help            print this

Environment:
  SESSION_LOCK_HOME   where sessions are kept (default ~/.session-lock)
  SESSION_LOCK_HOST   like --host
  SESSION_LOCK_PORT   like --port
  SESSION_LOCK_TOKEN  what clients must present
  SESSION_LOCK_RUNNER, SESSION_LOCK_MODEL, SESSION_LOCK_BASE_URL  like --runner, --model and --base-url
  SESSION_LOCK_API_KEY  the key of the provider; without it, what the provider's own variable says
  SESSION_LOCK_LOG    trace, debug, info, warn (default), error, fatal or silent; logs go to standard error
`;

/** Reads flags and environment; flags win. Throws `INVALID_CONFIG` with what is wrong. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config {
  const flags = readFlags(args);
  if (flags.help === true) return { kind: "help" };
  if (flags.version === true) return { kind: "version" };
  const home = setValue(env["SESSION_LOCK_HOME"]);
  return {
    kind: "serve",
    host: flags.host ?? setValue(env["SESSION_LOCK_HOST"]) ?? "127.0.0.1",
    port: readPort(flags.port ?? setValue(env["SESSION_LOCK_PORT"]) ?? "18789"),
    token: setValue(env["SESSION_LOCK_TOKEN"]),
    stateDir: home === undefined ? join(homedir(), ".session-lock") : resolve(home),
    logLevel: readLogLevel(setValue(env["SESSION_LOCK_LOG"]) ?? "warn"),
    model: readModel(flags, env),
  };
}

interface Flags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly runner?: string | undefined;
  readonly model?: string | undefined;
  readonly "base-url"?: string | undefined;
  readonly help?: boolean | undefined;
  readonly version?: boolean | undefined;
}

function readFlags(args: readonly string[]): Flags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        host: { type: "string" },
        port: { type: "string" },
        runner: { type: "string" },
        model: { type: "string" },
        "base-url": { type: "string" },
        help: { type: "boolean" },
        version: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new GatewayError("INVALID_CONFIG", `${error.message} (see --help)`, { cause: error });
  }
}

function readModel(flags: Flags, env: NodeJS.ProcessEnv): AiSdkRunnerOptions | undefined {
  const runner = flags.runner ?? setValue(env["SESSION_LOCK_RUNNER"]) ?? "echo";
  if (runner === "echo") return undefined;
  const provider = AI_PROVIDERS.find((name) => name === runner);
  if (provider === undefined) {
    const names = ["echo", ...AI_PROVIDERS].join(", ");
    throw new GatewayError("INVALID_CONFIG", `the runner must be one of ${names}, not "${runner}"`);
  }
  const model = flags.model ?? setValue(env["SESSION_LOCK_MODEL"]);
  if (model === undefined) throw new GatewayError("INVALID_CONFIG", `${runner} needs a model: say --model`);
  const baseUrl = flags["base-url"] ?? setValue(env["SESSION_LOCK_BASE_URL"]);
  const apiKey = setValue(env["SESSION_LOCK_API_KEY"]);
  return {
    provider,
    model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new GatewayError("INVALID_CONFIG", `the port must be a number from 0 to 65535, not "${text}"`);
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  throw new GatewayError(
    "INVALID_CONFIG",
    `SESSION_LOCK_LOG must be one of ${LOG_LEVELS.join(", ")}, not "${text}"`,
  );
}

/** An empty variable counts as not set, as shells have no other way to unset one for a command. */
function setValue(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
