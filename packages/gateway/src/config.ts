import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GatewayError } from "./errors.ts";

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
    };

/** What `--help` prints. */
export const USAGE = `Usage: session-gateway [--host <address>] [--port <number>]

Serves chat sessions and a web page on one port.

Options:
  --host <address>  address to listen on (default 127.0.0.1); any other than this machine's needs SESSION_LOCK_TOKEN
  --port <number>   port to listen on (default 18789; 0 takes a free one)
  --version         print the version
  --help            print this

Environment:
  SESSION_LOCK_HOME   where sessions are kept (default ~/.session-lock)
  SESSION_LOCK_HOST   like --host
  SESSION_LOCK_PORT   like --port
  SESSION_LOCK_TOKEN  what clients must present
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
  };
}

interface Flags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
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
