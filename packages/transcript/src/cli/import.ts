import { importSessions } from "../import-sessions.ts";
import { defaultStorePath, openSessionStore } from "../session-store.ts";
import type { SessionStore } from "../session-store.ts";
import type { CommandOptions } from "./command-line.ts";
import { counted } from "./counted.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { paint, plainLine } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Takes OpenClaw's sessions over, or says which ones it would. */
export async function takeOver(
  { subject, isJson, apply, agentId, storePath }: CommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const store = storePath === undefined ? agentsStores() : openSessionStore(storePath);
  const result = await importSessions(subject, store, { agentId, dryRun: !apply });
  const { imported, existing, refused } = result;
  if (isJson) terminal.out(JSON.stringify({ file: subject, applied: apply, ...result }));
  else {
    for (const { sessionKey, reason } of refused)
      terminal.out(`${paint("red", "refused", terminal)}  ${plainLine(sessionKey)}  ${plainLine(reason)}`);
    const done = apply ? "imported" : "to import; --apply does it";
    terminal.out(
      `${counted(imported.length, "session")} ${done}, ${existing.length} known already, ${refused.length} refused`,
    );
  }
  return refused.length === 0 ? exitCodes.ok : exitCodes.faults;
}

/** Throws where there is no place for sessions: that is no record's fault, and would be told of each. */
function agentsStores(): (agent: string) => SessionStore {
  defaultStorePath();
  return (agent) => openSessionStore(defaultStorePath(agent));
}
