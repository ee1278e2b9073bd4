#!/usr/bin/env node
import { pino } from "pino";
import { readConfig, USAGE } from "./config.ts";
import { GatewayError } from "./errors.ts";
import { startGateway } from "./gateway.ts";
import { createAiSdkRunner } from "./runners/ai-sdk/ai-sdk.ts";
import { readVersion } from "./version.ts";

try {
  await main();
} catch (error) {
  const known = error instanceof GatewayError;
  process.stderr.write(`session-gateway: ${known ? error.message : inspectable(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env);
  if (config.kind === "help") {
    process.stdout.write(USAGE);
    return;
  }
  if (config.kind === "version") {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  const { host, port, token, stateDir, logLevel, model } = config;
  const logger = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));
  const gateway = await startGateway({
    host,
    port,
    stateDir,
    logger,
    ...(token === undefined ? {} : { token }),
    ...(model === undefined ? {} : { runner: createAiSdkRunner(model) }),
  });
  const stop = (): void => {
    // Again and again if the signal comes again: closing is one and the same.
    gateway.close().catch((error: unknown) => {
      logger.fatal({ err: error }, "shutdown failed");
      process.exitCode = 1;
    });
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.stdout.write(`session-lock gateway ready at ${gateway.url}\n`);
}

function inspectable(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
