import { readCallTarget, type CallTarget } from "../config/config.ts";
import { GatewayError } from "../errors.ts";
import { openedBy } from "../session/message-text.ts";
import { ask, type Reply } from "./ask.ts";
import type { AskFlags } from "./command-line.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import { oneLine } from "./one-line.ts";
import type { Terminal } from "./terminal.ts";

/** `session-gateway call`. */
export async function runCall(
  { method, params, flags }: { readonly method: string; readonly params: unknown; readonly flags: AskFlags },
  terminal: Terminal,
): Promise<ExitCode> {
  const target = targetOf(flags, terminal);
  if (target === undefined) return exitCodes.usage;
  const reply = await ask(target, { method, params, timeoutMs: flags.timeoutMs });
  if (reply.kind !== "answered") return refused(reply, target, { flags, terminal });
  terminal.out(
    flags.json === true ? JSON.stringify(reply.payload) : JSON.stringify(reply.payload, undefined, 2),
  );
  return exitCodes.ok;
}

/** `session-gateway status`. */
export async function runStatus(flags: AskFlags, terminal: Terminal): Promise<ExitCode> {
  const target = targetOf(flags, terminal);
  if (target === undefined) return exitCodes.usage;
  const reply = await ask(target, { method: "status", params: {}, timeoutMs: flags.timeoutMs });
  if (reply.kind !== "answered") return refused(reply, target, { flags, terminal });
  const status = openedBy(reply.payload);
  terminal.out(
    flags.json === true ? JSON.stringify({ url: target.shown, ...status }) : describe(target, status),
  );
  return status["draining"] === true ? exitCodes.tryLater : exitCodes.ok;
}

/** Whom to ask; undefined, having told why, when the address is none. */
function targetOf(flags: AskFlags, terminal: Terminal): CallTarget | undefined {
  try {
    return readCallTarget(flags, terminal.env);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { code, message } = error;
    const line = `session-gateway: ${oneLine(message)}`;
    terminal.err(flags.json === true ? JSON.stringify({ error: { code, message } }) : line);
    return undefined;
  }
}

function describe({ shown }: CallTarget, status: Readonly<Record<string, unknown>>): string {
  const { version, uptimeMs, draining, connections, openSessions, activeRuns, queuedRuns } = status;
  const degraded = Number(status["degradedSessions"]);
  const minutes = Math.floor(Number(uptimeMs) / 60_000);
  const up = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return [
    `session-lock gateway ${String(version)} at ${shown}: ${draining === true ? "shutting down" : "serving"}, up ${up}`,
    `runs: ${String(activeRuns)} active, ${String(queuedRuns)} waiting`,
    `sessions open: ${String(openSessions)}; connections: ${String(connections)}`,
    ...(degraded > 0
      ? [`degraded: ${degraded} sessions, where a run cannot begin or the disk does not take its end`]
      : []),
  ].join("\n");
}

const TOKEN_ADVICE = "; give the gateway's token in SESSION_LOCK_TOKEN or with --token";

function refused(
  reply: Exclude<Reply, { readonly kind: "answered" }>,
  { shown }: CallTarget,
  { flags, terminal }: { readonly flags: AskFlags; readonly terminal: Terminal },
): ExitCode {
  const error = "error" in reply ? reply.error : { code: reply.kind.toUpperCase(), message: reply.why };
  const text =
    reply.kind === "unreachable"
      ? `no gateway answers at ${shown}: ${reply.why}`
      : `${error.code}: ${error.message}`;
  const advice = reply.kind === "unauthorized" && !isTemporary(reply.error) ? TOKEN_ADVICE : "";
  const line = `session-gateway: ${oneLine(text)}${advice}`;
  terminal.err(flags.json === true ? JSON.stringify({ error }) : line);
  switch (reply.kind) {
    case "unreachable":
      return exitCodes.unreachable;
    case "timeout":
      return exitCodes.tryLater;
    case "unauthorized":
      return isTemporary(reply.error) ? exitCodes.tryLater : exitCodes.noPermission;
    case "refused":
      return isTemporary(reply.error) ? exitCodes.tryLater : exitCodes.failed;
  }
}

function isTemporary({ retryable, retryAfterMs }: { retryable?: boolean; retryAfterMs?: number }): boolean {
  return retryable === true || retryAfterMs !== undefined;
}
