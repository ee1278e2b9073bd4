import { GatewayError } from "../errors.ts";

/** The one agent that is served. */
export const AGENT_ID = "main";
/** The conversation a client starts with. */
export const MAIN_SESSION_KEY = `agent:${AGENT_ID}:main`;

const MAX_KEY_LENGTH = 512;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const FULL_KEY = /^agent:([^:]*):(.*)$/s;

/**
 * The full form `agent:<agentId>:<rest>` of a session key as a client writes it: `main` and other names without the
 * prefix belong to the default agent. Throws `INVALID_REQUEST`.
 */
export function toSessionKey(raw: string, agentId: string = AGENT_ID): string {
  const key = raw.trim().normalize("NFC");
  if (key === "" || key.length > MAX_KEY_LENGTH || CONTROL.test(key)) {
    throw new GatewayError(
      "INVALID_REQUEST",
      `invalid sessionKey: 1 to ${MAX_KEY_LENGTH} printable characters`,
    );
  }
  const full = key.startsWith("agent:") ? key : `agent:${agentId}:${key}`;
  const [, agent, name = ""] = FULL_KEY.exec(full) ?? [];
  if (name === "") throw new GatewayError("INVALID_REQUEST", "invalid sessionKey: agent:<agentId>:<name>");
  if (agent !== AGENT_ID || agentId !== AGENT_ID) {
    throw new GatewayError(
      "INVALID_REQUEST",
      `unknown agent: ${agent === AGENT_ID ? agentId : (agent ?? "")}`,
    );
  }
  return full;
}
