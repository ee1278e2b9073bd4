import { GatewayError } from "../errors.ts";
import { ConnectParams, type Presence, type Refusal } from "./connect.ts";
import { checkDeviceProof } from "./device-proof.ts";
import { createParser } from "./schema.ts";
import { ALL_SCOPES, grantScopes, type Scope } from "./scopes.ts";

/** Versions of the wire protocol that are spoken here. */
const PROTOCOL_VERSIONS = { oldest: 3, newest: 4 } as const;

/** What a handshake is judged by. */
export interface HandshakeTerms {
  readonly nonce: string;
  readonly nowMs: number;
  /** Whether the presented token is the right one; `undefined` when no token is asked for. */
  readonly checkToken: ((token: string) => boolean) | undefined;
}

/** What became of a `connect`. */
export type Handshake =
  | {
      readonly kind: "accepted";
      readonly protocol: number;
      readonly role: string;
      readonly scopes: readonly Scope[];
      readonly caps: readonly string[];
      readonly client: Omit<Presence, "ts">;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly badCredential: boolean };

const parseConnect = createParser(ConnectParams, "connect params");

/** Decides a `connect`; pure but for the clock and the secret it is given. */
export function shakeHands(rawParams: unknown, terms: HandshakeTerms): Handshake {
  let params: ConnectParams;
  try {
    params = parseConnect(rawParams);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return refuse(error.message);
  }
  const { minProtocol, maxProtocol, role = "operator", caps = [], auth, device } = params;
  const { oldest, newest } = PROTOCOL_VERSIONS;
  const protocol = Math.min(newest, maxProtocol);
  if (protocol < oldest || protocol < minProtocol) {
    const details = { code: "PROTOCOL_MISMATCH", expectedProtocol: newest };
    return refuse("protocol mismatch", details, 1002);
  }
  if (role !== "operator") return refuse("only the operator role is served here");
  if (terms.checkToken !== undefined) {
    const token = auth?.token ?? "";
    if (token === "") return refuseCredential("unauthorized: token missing", "AUTH_TOKEN_MISSING");
    if (!terms.checkToken(token))
      return refuseCredential("unauthorized: token mismatch", "AUTH_TOKEN_MISMATCH");
  }
  if (device !== undefined) {
    const fault = checkDeviceProof(device, params, terms);
    if (fault !== undefined) return refuseCredential("device proof refused", fault);
  }
  const { version, platform, mode, deviceFamily, instanceId } = params.client;
  const family = deviceFamily === undefined ? {} : { deviceFamily };
  const instance = instanceId === undefined ? {} : { instanceId };
  const client = { version, platform, mode, ...family, ...instance };
  return { kind: "accepted", protocol, role, scopes: grantScopes(ALL_SCOPES, params.scopes), caps, client };
}

function refuse(
  message: string,
  details?: object,
  closeCode: Refusal["closeCode"] = 1008,
): Handshake & { kind: "refused" } {
  const error = { code: "INVALID_REQUEST", message, ...(details === undefined ? {} : { details }) };
  return { kind: "refused", refusal: { error, closeCode }, badCredential: false };
}

function refuseCredential(message: string, code: string): Handshake {
  return { ...refuse(message, { code }), badCredential: true };
}
