import { randomBytes } from "node:crypto";
import { pino, type Logger } from "pino";
import { isLoopbackHost } from "../connection/auth.ts";
import { readServeConfig, type ServeConfig, type ServeFlags } from "../config/config.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { loadTools } from "../runners/tools-module.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** `session-gateway serve`: resolves when the gateway listens; a signal ends it. Throws `GatewayError`. */
export async function runServe(flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const { host, port, stateDir, logLevel, drainMs, stopWords, ...config } = readServeConfig(
    flags,
    terminal.env,
  );
  const isMade = config.token === undefined && !isLoopbackHost(host);
  const token = isMade ? randomBytes(24).toString("base64url") : config.token;
  const logger = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));
  logRemarks(logger);
  const runner = await runnerOf(config);
  // Loaded last, as it takes most of the time: what is wrong with the settings has been said by then.
  const { startGateway } = await import("../gateway.ts");
  const gateway = await startGateway({
    host,
    port,
    stateDir,
    stopWords,
    logger,
    ...(drainMs === undefined ? {} : { drainMs }),
    ...(token === undefined ? {} : { token }),
    ...(runner === undefined ? {} : { runner }),
  });
  const stop = (): void => {
    // Again and again if the signal comes again: closing is one and the same.
    gateway.close().catch((error: unknown) => {
      logger.fatal({ err: error }, "shutdown failed");
      process.exitCode = exitCodes.failed;
    });
  };
  // SIGHUP: the terminal that it was started in has gone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  terminal.out(`session-lock gateway ready at ${gateway.url}`);
  // The one place where a token is ever shown: nobody else knows it.
  if (isMade && typeof token === "string")
    terminal.out(`token, made for this start and shown only here: ${token}`);
  return exitCodes.ok;
}

/** Who answers; undefined for the echo runner. */
async function runnerOf({
  model,
  tools,
}: Pick<ServeConfig, "model" | "tools">): Promise<AgentRunner | undefined> {
  if (model === undefined) return undefined;
  const { createAiSdkRunner } = await import("../runners/ai-sdk/ai-sdk.ts");
  return createAiSdkRunner({ ...model, tools: tools === undefined ? [] : await loadTools(tools) });
}

/** What the AI SDK remarks on a model: it would write that on standard error itself, between the lines of the log. */
function logRemarks(logger: Logger): void {
  globalThis.AI_SDK_LOG_WARNINGS = ({ warnings, provider, model }) => {
    logger.warn({ provider, model, warnings }, "the model does not do all that it is asked for");
  };
}
