import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { startGateway, type Gateway, type GatewayOptions } from "../src/index.ts";

/** A state folder of its own; removed when disposed. */
export async function temporaryStateDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "session-gateway-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The folder of the session store inside a state folder. */
export function storePathOf(stateDir: string): string {
  return join(stateDir, "agents", "main", "sessions");
}

/** A gateway on a free port. */
export function startTestGateway(stateDir: string, options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({ port: 0, stateDir, drainMs: 30_000, logger: pino({ level: "silent" }), ...options });
}
